// What `GET /v1/series` answers with; docs/series.md says what it means. Numbers are plain decimal strings.

import type { Period } from "../shared/contract";

export type Status = "actual" | "estimate" | "target";

export interface Statement {
  document: { id: string; name: string; period: Period | null };
  text: string | null;
  unit: string | null;
  number: string | null;
  number_upper: string | null;
  bound: string | null;
  difference: string | null;
  ratio: string | null;
  start: number | null;
  end: number | null;
  page: number | null;
  sentence: string | null;
  sentence_start: number | null;
}

export interface Plan {
  number: string;
  number_upper: string | null;
  bound: string;
  source: "target" | "implied";
  attainment: string | null;
  statement: Statement;
}

export interface Point {
  period: Period & { label: string };
  status: Status;
  number: string;
  number_upper: string | null;
  bound: string;
  statements: Statement[];
  restatements: Statement[];
  conflicts: Statement[];
  plan: Plan | null;
  attainment_stated: { ratio: string; text: string | null; statement: number } | null;
}

export interface Series {
  id: string;
  place: { code: string | null; name: string | null } | null;
  breakdown: { text: string; kind: string }[];
  frequency: string;
  months: number | null;
  unit: { id: string | null; text: string | null } | null;
  points: Point[];
  summary: { points: number; first: string; last: string; restated: number; conflicting: number };
}

export interface SeriesAnswer {
  indicator: { id: string; code: string | null; name_vi: string; name_en: string };
  documents: number;
  series: Series[];
  left_out: { reason: string; message: string; statement: Statement }[];
  left_out_more: number;
}

/** An indicator as the search and the suggestions of a refusal name it. */
export interface Choice {
  id: string;
  name_vi: string;
  name_en: string;
  field?: string;
  units?: string[];
}
