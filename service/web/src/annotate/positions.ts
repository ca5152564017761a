// The service counts code points, the browser UTF-16 units. Between them it is translated here, nowhere else.

const WORD =
  /[\p{L}\p{M}\p{N}]+(?:[.,/][\p{N}]+)*|\p{Extended_Pictographic}[\u200d\ufe0f\p{Emoji_Modifier}\p{Extended_Pictographic}]*|[^\s\p{L}\p{N}]\p{M}*/gu;
const NEAR = 400; // units around an edge in which its words are looked for

export interface Range {
  start: number;
  end: number;
}

/** An immutable text. Offsets that go in and come out are code points, but where a name says units. */
export class Positions {
  private readonly units: Int32Array | null;
  readonly length: number;

  constructor(readonly text: string) {
    let points = 0;
    const starts = new Int32Array(text.length + 1);
    for (let unit = 0; unit < text.length; points++) {
      starts[points] = unit;
      unit += text.codePointAt(unit)! > 0xffff ? 2 : 1;
    }
    starts[points] = text.length;
    this.length = points;
    this.units = points === text.length ? null : starts.slice(0, points + 1);
  }

  toUnits(point: number): number {
    const at = Math.max(0, Math.min(point, this.length));
    return this.units === null ? at : this.units[at]!;
  }

  /** Within a pair of surrogates it is the pair's own. */
  toPoint(unit: number): number {
    if (this.units === null) return unit;
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.units[middle]! <= unit) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  slice(start: number, end: number): string {
    return this.text.slice(this.toUnits(start), this.toUnits(end));
  }

  /** Without space at its edges, and with the accents of its last letter; null where nothing is left. */
  trimmed({ start, end }: Range): Range | null {
    let [from, to] = [this.toUnits(start), this.toUnits(end)];
    const isMark = (unit: number) => /^(?:\p{M}|\u200d|\ufe0f)/u.test(this.text.slice(unit, unit + 2));
    while (from < to && /\s/.test(this.text[from]!)) from++;
    while (to > from && /\s/.test(this.text[to - 1]!)) to--;
    if (from >= to) return null;
    while (from > 0 && isMark(from)) from--;
    while (to < this.text.length && isMark(to)) to++;
    return { start: this.toPoint(from), end: this.toPoint(to) };
  }

  /** Words near an offset, in order. */
  private words(point: number): Range[] {
    const unit = this.toUnits(point);
    const from = this.wordBreak(Math.max(0, unit - NEAR));
    const part = this.text.slice(from, unit + NEAR);
    return Array.from(part.matchAll(WORD), (found) => ({
      start: this.toPoint(from + found.index),
      end: this.toPoint(from + found.index + found[0].length),
    }));
  }

  private wordBreak(unit: number): number {
    let at = unit;
    while (at > 0 && !/\s/.test(this.text[at - 1]!)) at--;
    return at;
  }

  /** The range with one edge a word further out (`by` 1) or in (-1); null where there is no such word. */
  moved(range: Range, edge: "start" | "end", by: 1 | -1): Range | null {
    const words = this.words(range[edge]);
    const [low, high] = [range.start, range.end];
    let to: number | undefined;
    if (edge === "start" && by === 1) to = words.findLast((word) => word.start < low)?.start;
    else if (edge === "start") to = words.find((word) => word.start > low && word.start < high)?.start;
    else if (by === 1) to = words.find((word) => word.end > high)?.end;
    else to = words.findLast((word) => word.end < high && word.end > low)?.end;
    return to === undefined ? null : { ...range, [edge]: to };
  }

  /** The word at an offset or after it, before it where `back`. */
  word(point: number, back = false): Range | null {
    const words = this.words(point);
    return (back ? words.findLast((word) => word.end <= point) : words.find((word) => word.end > point)) ?? null;
  }
}
