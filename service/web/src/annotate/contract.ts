// The workbench's answers, and spans as this page keeps them: `to` is the link, whatever its name in the answer.

import type { Figure, Observation } from "../shared/contract";

export const MENTIONS = ["INDICATOR", "QUANTITY", "UNIT", "PERCENT", "PERIOD"] as const;
export const PHRASES = ["ATTAINMENT", "CHANGE", "SHARE"] as const;
export const LABELS = [...MENTIONS, ...PHRASES] as const;
export type Label = (typeof LABELS)[number];

export const isPhrase = (label: Label): boolean => (PHRASES as readonly Label[]).includes(label);
export const isFigure = (label: Label): boolean => label === "QUANTITY" || label === "PERCENT";
export const canLink = (label: Label): boolean => label !== "UNIT" && label !== "PERIOD";

export type State = "suggested" | "confirmed" | "rejected";

export interface Entry {
  id: string;
  name: string | null;
}

export interface Span {
  id: string;
  label: Label;
  start: number; // code points, as everywhere but in positions.ts
  end: number;
  score: number | null;
  linkScore: number | null;
  to: string | null;
  entry: Entry | null;
  alias: string | null;
  state: State;
  origin: "model" | "person";
  changed: boolean;
  gone: boolean;
}

export interface SentSpan {
  id: string;
  label: Label;
  start: number;
  end: number;
  score: number | null;
  link_score: number | null;
  in?: string | null;
  of?: string | null;
  entry: Entry | null;
  alias: string | null;
  state: State;
  origin: "model" | "person";
  changed: boolean;
}

export interface Project {
  id: string;
  name: string;
  guidelines: string | null;
  order: "learn" | "added";
  tasks: Record<TaskState, number>;
}

export type TaskState = "open" | "begun" | "done" | "adjudicated";

export interface Task {
  id: string;
  project: string;
  document: { id: string; name: string; length: number };
  kind: "annotate" | "adjudicate";
  state: TaskState;
  assignee: string | null;
  blind: boolean;
  revision: number;
  spans: number;
  unsure: number;
}

/** The name of an account; null: nobody. */
export type Person = string | null;

export interface StoredDocument {
  id: string;
  name: string;
  length: number;
  figures: number;
  stored_at: string;
}

export interface Progress {
  tasks: Record<TaskState, number>;
  documents: number;
  corrections: number;
  people: {
    name: string;
    tasks_done: number;
    corrections: number;
    figures: number;
    seconds: number;
    corrections_per_hour: number | null;
    figures_per_hour: number | null;
  }[];
  hours: { hour: string; name: string; corrections: number; figures: number }[];
}

export interface Agreed {
  spans: Record<Label | "all", { first: number; second: number; strict: number | null; relaxed: number | null }>;
  of: { shared: number; same: number; accuracy: number | null };
  in: { shared: number; same: number; accuracy: number | null };
}

export interface Agreement {
  documents: number;
  total: Agreed;
  each: {
    document: Task["document"];
    tasks: string[];
    by: Person[];
    agreement: Agreed;
    adjudication: string | null;
  }[];
}

export interface TaskAnswer {
  task: Task;
  revision: number;
  writable: boolean;
  text: string;
  sections: { start: number; end: number; path: string[] }[];
  guidelines: string | null;
  spans: SentSpan[];
  sides: { task: Task; spans: SentSpan[] }[] | null;
}

export type Operation =
  | { op: "add"; span: string; label: Label; start: number; end: number; to?: string | null; entry?: string | null }
  | { op: "remove" | "accept" | "reject"; span: string }
  | { op: "restore"; span: string; state?: State }
  | { op: "change"; span: string; label?: Label; start?: number; end?: number; state?: State }
  | { op: "link"; span: string; to: string | null; dormant?: boolean; state?: State }
  | { op: "entry"; span: string; entry: string | null; alias?: string | null; state?: State };

export interface Event {
  id: string;
  operation: Operation;
}

export interface Correction extends Event {
  number: number;
  client: string;
  by: string;
  at: string;
  inverse: Operation;
}

export interface Saved {
  revision: number;
  corrections: Correction[];
  between: Correction[];
  spans: SentSpan[];
  gone: string[];
}

export interface Table {
  revision: number;
  figures: Figure[];
  observations: (Observation & { indicator: { spans?: string[] } })[];
}

export function received(span: SentSpan): Span {
  const { link_score: linkScore, in: within, of, ...rest } = span;
  return { ...rest, linkScore, to: within ?? of ?? null, gone: false };
}
