// Numbers, times and titles as people read them, in the page's language.

import { current, inWords, say, sayCode } from "../shared/language";
import type { Choice, Plan, Point, Series, Statement } from "./answer";

/** A plain decimal string with the language's separators; no digit of it is lost, as it would be by way of a float. */
export function written(number: string): string {
  const [thousands, decimal] = current() === "vi" ? [".", ","] : [",", "."];
  const [whole = "", part] = number.replace("-", "").split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, thousands);
  return (number.startsWith("-") ? "−" : "") + grouped + (part ? decimal + part : "");
}

/** A value with its bound and, of a range, its upper end: `trên 63,5`, `10–11`. */
export function valueWords(value: Point | Plan | Statement): string {
  if (value.number === null) return "";
  const bound = value.bound === null || value.bound === "exact" ? "" : `${sayCode(value.bound)} `;
  const upper = value.number_upper === null ? "" : `–${written(value.number_upper)}`;
  return bound + written(value.number) + upper;
}

/** What is less or more, with its sign. */
export const differenceOf = (difference: string): string =>
  difference.startsWith("-") ? written(difference) : `+${written(difference)}`;

/** A ratio as a percentage, without going through floats: `0.9715` is `97,15%`. */
export function percentOf(ratio: string): string {
  const [whole = "0", part = ""] = ratio.split(".");
  const digits = part.padEnd(2, "0");
  const rest = digits.slice(2).replace(/0+$/, "");
  const percent = `${whole}${digits.slice(0, 2)}`.replace(/^(-?)0+(?=\d)/, "$1");
  return `${written(rest ? `${percent}.${rest}` : percent)}%`;
}

export const indicatorName = (one: Choice): string => (current() === "vi" ? one.name_vi : one.name_en || one.name_vi);

export const unitOf = (series: Series): string => series.unit?.text ?? "";

/** Place and parts: `Tỉnh Trà Vinh · nữ`. */
export function titleOf(series: Series): string {
  const place = series.place?.name ?? series.place?.code ?? say("place_unknown");
  return [place, ...series.breakdown.map((part) => part.text)].join(" · ");
}

/** What kind of periods a series has. */
export function kindOf({ frequency, months }: Series): string {
  if (frequency === "to_date") return inWords("to_date_months", String(months));
  if (frequency === "multi_year") return inWords("multi_year_years", String((months ?? 0) / 12));
  if (frequency === "moment" && months !== null) return inWords("moment_month", String(months));
  return sayCode(frequency);
}

/** The words of a time, else its label. */
export const periodOf = (point: Point): string => point.period.text?.replace(/\s+/g, " ") ?? point.period.label;

/** A point in one line: `năm 2021, thực hiện: 63,15 triệu đồng/người`. */
export function spoken(series: Series, point: Point): string {
  const parts = [`${periodOf(point)}, ${sayCode(point.status)}: ${valueWords(point)} ${unitOf(series)}`.trim()];
  if (point.restatements.length) parts.push(`${point.restatements.length} ${say("restatements")}`);
  if (point.conflicts.length) parts.push(`${point.conflicts.length} ${say("conflicts")}`);
  return parts.join("; ");
}
