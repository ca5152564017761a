// Where two annotations of a text differ, how each place stands in the one that decides between them, and the corrections that
// take a side. How it stands is read from the spans alone, so that it is the same after a reload and after an undo.

import { uuid } from "../shared/uuid";
import { canLink, isPhrase, type Operation, type Span } from "./contract";
import { counts, type Spans } from "./fold";

export type Side = "left" | "right";
export type Standing = "open" | Side | "both" | "neither" | "other";
export type Kind = "one_side" | "label" | "edges" | "several" | "link" | "entry";

/** Spans that only one of the two has, and which lie over each other; or one that both have, with another link or entry. */
export interface Difference {
  id: string;
  kind: Kind;
  start: number; // code points
  end: number;
  left: readonly Span[]; // in text order
  right: readonly Span[];
}

/** The spans of the two that count. */
export class Sides {
  readonly left: Spans;
  readonly right: Spans;
  readonly differences: readonly Difference[];
  private readonly places: Record<Side, ReadonlyMap<string, Span>>;

  constructor(left: readonly Span[], right: readonly Span[]) {
    const kept = (spans: readonly Span[]) => spans.filter(counts);
    const byId = (spans: readonly Span[]) => new Map(kept(spans).map((one) => [one.id, one]));
    const byPlace = (spans: readonly Span[]) => new Map(kept(spans).map((one) => [placeOf(one), one]));
    this.left = byId(left);
    this.right = byId(right);
    this.places = { left: byPlace(left), right: byPlace(right) };
    this.differences = [...this.told(), ...regions(this.only("left"), this.only("right"))].sort(
      (a, b) => a.start - b.start || b.end - a.end,
    );
  }

  /** How each difference stands in the annotation that decides, by its id. */
  standings(spans: Spans): Map<string, Standing> {
    const now = this.now(spans);
    const of = (one: Difference) => (isTold(one) ? this.standingOfTold(one, now) : this.standingOfRegion(one, now));
    return new Map(this.differences.map((one) => [one.id, of(one)]));
  }

  /** The corrections that decide a difference; null where it is linked to what is not decided yet. */
  deciding(difference: Difference, which: Side | "neither", spans: Spans): Operation[] | null {
    const now = this.now(spans);
    return isTold(difference) ? this.decidingTold(difference, which, now) : this.decidingRegion(difference, which, now);
  }

  private now(spans: Spans): Now {
    const byPlace = new Map<string, Span>();
    for (const one of spans.values()) {
      if (!one.gone && !counts(byPlace.get(placeOf(one)))) byPlace.set(placeOf(one), one);
    }
    const isKnown = (one: Span) => this.places.left.has(placeOf(one)) || this.places.right.has(placeOf(one));
    return { byPlace, strangers: [...byPlace.values()].filter((one) => counts(one) && !isKnown(one)) };
  }

  private only(side: Side): Span[] {
    const other = this.places[side === "left" ? "right" : "left"];
    return [...this[side].values()].filter((one) => !other.has(placeOf(one)));
  }

  private told(): Difference[] {
    const found: Difference[] = [];
    for (const [place, left] of this.places.left) {
      const right = this.places.right.get(place);
      if (!right) continue;
      const [isLink, isEntry] = [this.linksDiffer(left, right), entriesDiffer(left, right)];
      if (!isLink && !isEntry) continue;
      const { start, end } = left;
      found.push({ id: place, kind: isLink ? "link" : "entry", start, end, left: [left], right: [right] });
    }
    return found;
  }

  private headOf(span: Span, side: Side): Span | undefined {
    return span.to === null ? undefined : this[side].get(span.to);
  }

  private linksDiffer(left: Span, right: Span): boolean {
    const [one, two] = [this.headOf(left, "left"), this.headOf(right, "right")];
    return (one && placeOf(one)) !== (two && placeOf(two));
  }

  private standingOfTold({ left: [left], right: [right] }: Difference, all: Now): Standing {
    const now = all.byPlace.get(placeOf(left!));
    if (!counts(now)) return "other";
    if (now.state === "suggested") return "open";
    const fits = (told: Span, side: Side) => {
      const head = this.headOf(told, side);
      const isLinked = !this.linksDiffer(left!, right!) || now.to === (head ? (standIn(all, head) ?? "?") : null);
      return isLinked && (!entriesDiffer(left!, right!) || entryOf(now) === entryOf(told));
    };
    const [isLeft, isRight] = [fits(left!, "left"), fits(right!, "right")];
    if (isLeft && isRight) return "both";
    if (isLeft) return "left";
    if (isRight) return "right";
    return now.to === null && now.entry === null ? "neither" : "other";
  }

  private standingOfRegion({ left, right }: Difference, now: Now): Standing {
    const has = (one: Span) => counts(now.byPlace.get(placeOf(one)));
    if (strangersAt([...left, ...right], now).length) return "other";
    const [ofLeft, ofRight] = [left.filter(has), right.filter(has)];
    if (left.length && ofLeft.length === left.length && !ofRight.length) return "left";
    if (right.length && ofRight.length === right.length && !ofLeft.length) return "right";
    if (ofLeft.length || ofRight.length) return "other";
    if (![...left, ...right].some((one) => now.byPlace.has(placeOf(one)))) return "open";
    return left.length === 0 ? "left" : right.length === 0 ? "right" : "neither";
  }

  private decidingTold(
    { left: [left], right: [right] }: Difference,
    which: Side | "neither",
    all: Now,
  ): Operation[] | null {
    const now = all.byPlace.get(placeOf(left!));
    if (!now) return null;
    const told = which === "neither" ? null : which === "left" ? left! : right!;
    const found: Operation[] = now.state === "rejected" ? [{ op: "restore", span: now.id, state: "confirmed" }] : [];
    if (this.linksDiffer(left!, right!)) {
      const head = told && which !== "neither" ? this.headOf(told, which) : undefined;
      const to = head ? standIn(all, head) : null;
      if (to === undefined) return null;
      found.push({ op: "link", span: now.id, to });
    }
    if (entriesDiffer(left!, right!)) found.push(entering(now.id, told));
    return found;
  }

  private decidingRegion(difference: Difference, which: Side | "neither", all: Now): Operation[] {
    const keep = which === "neither" ? [] : difference[which];
    const kept = new Set(keep.map(placeOf));
    const drop = [...difference.left, ...difference.right].filter((one) => !kept.has(placeOf(one)));
    const there = drop.flatMap((one) => all.byPlace.get(placeOf(one)) ?? []);
    const found: Operation[] = [...strangersAt([...difference.left, ...difference.right], all), ...there]
      .filter(counts)
      .map((one) => ({ op: "reject", span: one.id }));
    const add = (one: Span): string => {
      const span = `n-${uuid()}`;
      found.push({ op: "add", span, label: one.label, start: one.start, end: one.end });
      return span;
    };
    // That there is to be nothing is told by one that is rejected.
    if (!keep.length && !there.length && drop[0]) {
      const span = add(drop[0]);
      found.push({ op: "reject", span });
    }
    if (which === "neither") return found;

    const ids = new Map<string, string>();
    for (const one of keep) {
      const now = all.byPlace.get(placeOf(one));
      if (now?.state === "rejected") found.push({ op: "restore", span: now.id, state: "confirmed" });
      ids.set(placeOf(one), now ? now.id : add(one));
    }
    for (const one of keep) {
      const span = ids.get(placeOf(one))!;
      const head = this.headOf(one, which);
      const to = head && (ids.get(placeOf(head)) ?? standIn(all, head));
      if (to && canLink(one.label)) found.push({ op: "link", span, to });
      if (one.entry) found.push(entering(span, one));
    }
    return [...found, ...this.followers(difference, which, ids, all)];
  }

  /** Links to what is taken of what stands already: taken from the same side before, or with a link into this place on either side. */
  private followers(difference: Difference, which: Side, ids: ReadonlyMap<string, string>, all: Now): Operation[] {
    const found: Operation[] = [];
    const other: Side = which === "left" ? "right" : "left";
    for (const one of this[which].values()) {
      const head = this.headOf(one, which);
      const to = head && ids.get(placeOf(head));
      const now = all.byPlace.get(placeOf(one));
      if (!to || !counts(now) || ids.has(placeOf(one))) continue;
      const twin = this.places[other].get(placeOf(one));
      const otherHead = twin && this.headOf(twin, other);
      if (twin && (entriesDiffer(one, twin) || !otherHead || !difference[other].includes(otherHead))) continue;
      found.push({ op: "link", span: now.id, to });
    }
    return found;
  }
}

/** Whether both have the span, and say something else of it. */
export const isTold = (difference: Difference): boolean => difference.kind === "link" || difference.kind === "entry";
const placeOf = (span: Span): string => `${span.label} ${span.start} ${span.end}`;
const entryOf = (span: Span): string => `${span.entry?.id ?? ""} ${span.alias ?? ""}`;
const entriesDiffer = (one: Span, two: Span): boolean => one.label === "INDICATOR" && entryOf(one) !== entryOf(two);
const overlap = (one: Span, two: Span): boolean => one.start < two.end && two.start < one.end;

function entering(span: string, told: Span | null): Operation {
  const alias = told?.alias ? { alias: told.alias } : {};
  return { op: "entry", span, entry: told?.entry?.id ?? null, ...alias };
}

/** The annotation that decides, as it stands. */
interface Now {
  byPlace: ReadonlyMap<string, Span>; // of two at one place the one that counts
  strangers: readonly Span[]; // what counts and is of neither side
}

const strangersAt = (these: readonly Span[], { strangers }: Now): Span[] =>
  strangers.filter((one) =>
    these.some((other) => isPhrase(other.label) === isPhrase(one.label) && overlap(one, other)),
  );

/** The id of the indicator that stands for one of a side: the same, or the one that was taken in its place. */
function standIn({ byPlace }: Now, head: Span): string | undefined {
  const same = byPlace.get(placeOf(head));
  if (counts(same)) return same.id;
  return [...byPlace.values()].find((one) => counts(one) && one.label === "INDICATOR" && overlap(one, head))?.id;
}

/** Spans of one side alone, put together where they are in each other's way. */
function regions(left: readonly Span[], right: readonly Span[]): Difference[] {
  const parts = [
    ...left.map((span) => ({ span, side: "left" as Side })),
    ...right.map((span) => ({ span, side: "right" as Side })),
  ].sort((a, b) => a.span.start - b.span.start || b.span.end - a.span.end);
  let groups: (typeof parts)[] = [];
  for (const part of parts) {
    const touched = groups.filter((group) =>
      group.some((one) => one.side !== part.side && isInTheWay(one.span, part.span)),
    );
    groups = [...groups.filter((group) => !touched.includes(group)), [...touched.flat(), part]];
  }
  return groups.map((group) => {
    const of = (side: Side) =>
      group
        .filter((one) => one.side === side)
        .map((one) => one.span)
        .sort((a, b) => a.start - b.start || b.end - a.end);
    const spans = group.map((one) => one.span);
    const start = Math.min(...spans.map((one) => one.start));
    const end = Math.max(...spans.map((one) => one.end));
    const id = spans.map(placeOf).sort().join(", ");
    return { id, kind: kindOf(of("left"), of("right")), start, end, left: of("left"), right: of("right") };
  });
}

function isInTheWay(one: Span, two: Span): boolean {
  if (!overlap(one, two)) return false;
  if (isPhrase(one.label) === isPhrase(two.label)) return true;
  const [phrase, mention] = isPhrase(one.label) ? [one, two] : [two, one];
  return mention.start < phrase.start || mention.end > phrase.end;
}

function kindOf(left: readonly Span[], right: readonly Span[]): Kind {
  if (!left.length || !right.length) return "one_side";
  const [one, two] = [left[0]!, right[0]!];
  if (left.length > 1 || right.length > 1) return "several";
  if (one.label === two.label) return "edges";
  return one.start === two.start && one.end === two.end ? "label" : "several";
}
