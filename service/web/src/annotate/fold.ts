// Operations over spans, as the service folds them: what is seen before it has answered, and what undoes it.

import { canLink, type Entry, isPhrase, type Operation, type Span } from "./contract";

export type Spans = ReadonlyMap<string, Span>;
export type Unfit =
  | "overlap"
  | "crosses_phrase"
  | "span_gone"
  | "empty"
  | "link_target"
  | "link_impossible"
  | "link_circular";

export const counts = (span: Span | undefined): span is Span =>
  span !== undefined && !span.gone && span.state !== "rejected";

/** The span that an operation changes, as it is then; undefined where there is none to change. */
export function after(spans: Spans, operation: Operation, entryOf: (id: string) => Entry): Span | undefined {
  const before = spans.get(operation.span);
  if (operation.op === "add") {
    const { span: id, label, start, end, to, entry } = operation;
    return {
      ...{ id, label, start, end, to: to ?? null, entry: entry ? entryOf(entry) : null },
      ...{ alias: before?.alias ?? null, score: null, linkScore: null },
      ...{ state: "confirmed", origin: "person", changed: true, gone: false },
    };
  }
  if (before === undefined) return undefined;
  switch (operation.op) {
    case "remove":
      return { ...before, gone: true };
    case "accept":
      return { ...before, state: "confirmed" };
    case "reject":
      return { ...before, state: "rejected" };
    case "restore":
      return {
        ...before,
        gone: false,
        state: operation.state ?? (before.origin === "model" ? "suggested" : "confirmed"),
      };
    case "change":
      return {
        ...before,
        label: operation.label ?? before.label,
        start: operation.start ?? before.start,
        end: operation.end ?? before.end,
        state: operation.state ?? "confirmed",
        changed: true,
      };
    case "link":
      return { ...before, to: operation.to, state: operation.state ?? "confirmed", changed: true };
    case "entry":
      return {
        ...before,
        entry: operation.entry === null ? null : entryOf(operation.entry),
        alias: operation.alias ?? null,
        state: operation.state ?? "confirmed",
        changed: true,
      };
  }
}

/** What gives back `spans` after the operation. The service's own, once it has answered, knows more of links that do not count now. */
export function inverse(spans: Spans, operation: Operation): Operation {
  const span = operation.span;
  const before = spans.get(span);
  if (before === undefined || before.gone) return { op: "remove", span };
  const state = before.state === "suggested" ? "suggested" : "confirmed";
  switch (operation.op) {
    case "change":
      return { op: "change", span, label: before.label, start: before.start, end: before.end, state };
    case "link":
      return { op: "link", span, to: before.to, dormant: true, state };
    case "entry":
      return { op: "entry", span, entry: before.entry?.id ?? null, alias: before.alias, state };
    default:
      return { op: "restore", span, state: before.state };
  }
}

/** Why the service would refuse a span; null where it would not for what can be seen here. */
export function unfit(spans: Spans, operation: Operation, next: Span): Unfit | null {
  const before = spans.get(next.id);
  if (before?.gone && operation.op !== "add" && operation.op !== "restore") return "span_gone";
  if (["change", "link", "entry"].includes(operation.op) && !counts(before)) return "span_gone";
  if (!counts(next)) return null;
  if (next.start >= next.end) return "empty";
  const stays = counts(before) && before.label === next.label && before.start === next.start && before.end === next.end;
  for (const other of stays ? [] : spans.values()) {
    if (other.id === next.id || !counts(other) || other.start >= next.end || next.start >= other.end) continue;
    if (isPhrase(other.label) === isPhrase(next.label)) return "overlap";
    const [phrase, mention] = isPhrase(next.label) ? [next, other] : [other, next];
    if (mention.start < phrase.start || mention.end > phrase.end) return "crosses_phrase";
  }
  if (operation.op === "link" && operation.to !== null && !operation.dormant) {
    if (!canLink(next.label)) return "link_impossible";
    const target = spans.get(operation.to);
    if (!counts(target) || target.label !== "INDICATOR") return "link_target";
    const seen = new Set([next.id]);
    for (let at: Span | undefined = target; counts(at) && next.label === "INDICATOR"; at = spans.get(at.to ?? "")) {
      if (seen.has(at.id)) return "link_circular";
      seen.add(at.id);
    }
  }
  return null;
}
