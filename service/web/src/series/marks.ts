// What a chart of a series shows, and where: plain data for `chart.tsx`. A picture needs no more digits than a float has.

import type { Point, Series, Statement } from "./answer";

export const KINDS = ["actual", "estimate", "target", "implied", "restatement", "conflict"] as const;
export type Kind = (typeof KINDS)[number];

export interface Mark {
  kind: Kind;
  x: number;
  y: number;
  /** The other end, of a range. */
  upper: number | null;
  point: Point;
}

/** Days since 1970 of a period's last day: where its marks stand. */
export const xOf = (point: Point): number => Date.parse(point.period.end ?? point.period.start ?? "") / 86_400_000;

const floatOf = (number: string | null): number | null => (number === null ? null : Number(number));

export function marksOf(series: Series): Mark[] {
  const beside = (kind: Kind, point: Point, statements: Statement[]): Mark[] =>
    statements.flatMap((one) => {
      const y = floatOf(one.number);
      return y === null ? [] : [{ kind, x: xOf(point), y, upper: floatOf(one.number_upper), point }];
    });
  return series.points.flatMap((point): Mark[] => {
    const own = { x: xOf(point), y: Number(point.number), upper: floatOf(point.number_upper), point };
    const { plan } = point;
    const implied: Mark[] =
      plan?.source === "implied"
        ? [{ ...own, kind: "implied", y: Number(plan.number), upper: floatOf(plan.number_upper) }]
        : [];
    return [
      ...implied,
      ...beside("restatement", point, point.restatements),
      { ...own, kind: point.status },
      ...beside("conflict", point, point.conflicts),
    ];
  });
}

/** The points that the line goes through: results, and estimates of times without one. */
export function lineOf(series: Series): Point[] {
  const known = new Set(series.points.filter((point) => point.status === "actual").map(xOf));
  return series.points
    .filter((point) => point.status === "actual" || (point.status === "estimate" && !known.has(xOf(point))))
    .sort((a, b) => xOf(a) - xOf(b));
}

/** Lowest and highest of what is shown, with room around it for marks and numbers. */
export function rangeOf(marks: Mark[]): [number, number] {
  const heights = marks.flatMap((mark) => [mark.y, mark.upper ?? mark.y]);
  const low = Math.min(...heights);
  const high = Math.max(...heights);
  const room = (high - low || Math.abs(high) || 1) * 0.18;
  return [low >= 0 && low - room < 0 ? 0 : low - room, high + room];
}
