// What of the spans is seen: in text order, with the words of what they are linked to, cut into blocks of the text.

import { isFigure, isPhrase, type Label, type Span, type TaskAnswer } from "./contract";
import { counts, type Spans } from "./fold";
import type { Positions } from "./positions";
import { tell, tellCode } from "./words";

const BLOCK = 1_500; // units after which a block ends with its paragraph, at least
const CHIP = 34; // letters of an indicator's words at a figure

export interface Seen {
  span: Span;
  phrase: string | null; // id of the phrase around it
  to: string | null; // the link that counts
  chip: string;
}

export interface Block {
  start: number; // code points
  end: number;
  heading: string[]; // of a section that begins here
  seen: readonly Seen[];
}

export interface Filter {
  label: Label | "";
  below: number; // 0: any score
  isChanged: boolean;
  isUnsure: boolean;
}

export const NO_FILTER: Filter = { label: "", below: 0, isChanged: false, isUnsure: false };
export const isOn = (filter: Filter): boolean =>
  filter.label !== "" || filter.below > 0 || filter.isChanged || filter.isUnsure;

// The score of no link at all says nothing.
/** Of an indicator that is in no other the link says nothing. */
export const scoreOf = (span: Span): number =>
  Math.min(span.score ?? 1, span.to === null && span.label === "INDICATOR" ? 1 : (span.linkScore ?? 1));

export const isUnsure = (span: Span, threshold: number): boolean =>
  span.state === "suggested" && scoreOf(span) < threshold;

export function matches(span: Span, filter: Filter, threshold: number): boolean {
  return (
    (filter.label === "" || span.label === filter.label) &&
    (filter.below === 0 || scoreOf(span) < filter.below) &&
    (!filter.isChanged || span.changed || span.state === "rejected") &&
    (!filter.isUnsure || isUnsure(span, threshold))
  );
}

/** All that is not removed, in text order, a phrase before what it holds. What is as it was in `before` is the same object. */
export function seenOf(spans: Spans, positions: Positions, before: ReadonlyMap<string, Seen>): Seen[] {
  const live = [...spans.values()].filter((span) => !span.gone);
  live.sort((a, b) => a.start - b.start || b.end - a.end || Number(isPhrase(b.label)) - Number(isPhrase(a.label)));
  let phrase: Span | null = null;
  return live.map((span) => {
    const around: string | null =
      !isPhrase(span.label) && counts(span) && phrase !== null && span.end <= phrase.end ? phrase.id : null;
    if (isPhrase(span.label) && counts(span)) phrase = span;
    const target = span.to === null || (isFigure(span.label) && around !== null) ? undefined : spans.get(span.to);
    const links = counts(target) && target.label === "INDICATOR";
    const chip = links ? shortened(positions.slice(target.start, target.end)) : "";
    const next = { span, phrase: around, to: links ? target.id : null, chip };
    const old = before.get(span.id);
    return old && old.span === span && old.phrase === next.phrase && old.to === next.to && old.chip === chip
      ? old
      : next;
  });
}

function shortened(words: string): string {
  const letters = [...words.replace(/\s+/g, " ")];
  return letters.length > CHIP ? `${letters.slice(0, CHIP - 1).join("")}…` : letters.join("");
}

/** The text in blocks that end with a paragraph: each is drawn anew only when something in it changes. */
export function blocksOf(positions: Positions, sections: TaskAnswer["sections"], least = BLOCK): Block[] {
  const headings = new Map(sections.map((section) => [section.start, section.path]));
  const starts = [...headings.keys()].map((start) => positions.toUnits(start)).sort((a, b) => a - b);
  const blocks: Block[] = [];
  const text = positions.text;
  let next = 0;
  for (let at = 0; at < text.length; ) {
    while (next < starts.length && starts[next]! <= at) next++;
    const line = text.indexOf("\n", at + least);
    const end = Math.min(line < 0 ? text.length : line + 1, starts[next] ?? text.length);
    const [from, to] = [positions.toPoint(at), positions.toPoint(end)];
    blocks.push({ start: from, end: to, heading: headings.get(from) ?? [], seen: [] });
    at = end;
  }
  return blocks;
}

/** The blocks with what lies in each; a block in which nothing changed is the same object. */
export function filled(blocks: readonly Block[], seen: readonly Seen[]): Block[] {
  let first = 0;
  return blocks.map((block) => {
    while (first < seen.length && seen[first]!.span.end <= block.start) first++;
    const inside: Seen[] = [];
    for (let at = first; at < seen.length && seen[at]!.span.start < block.end; at++) {
      if (seen[at]!.span.end > block.start) inside.push(seen[at]!);
    }
    const isSame = inside.length === block.seen.length && inside.every((one, at) => one === block.seen[at]);
    return isSame ? block : { ...block, seen: inside };
  });
}

export const labelName = (label: Label): string => tellCode("label_", label);
export const shortLabel = (label: Label): string => tellCode("short_", label);

export function entryName(span: Span): string {
  if (span.entry === null) return tell("no_entry");
  return span.entry.id === "none" ? tell("entry_none") : (span.entry.name ?? span.entry.id);
}
