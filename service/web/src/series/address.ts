// What is asked for, as the page's address has it: it can be sent to others, and the browser's back button goes through it.

const FIELDS = ["indicator", "place", "from", "to", "breakdown", "frequency"] as const;
export type Field = (typeof FIELDS)[number];
export type Query = Record<Field, string>;

/** A question and the point that is shown of its answer, by `nameOf`; empty: none. */
export interface Asked {
  query: Query;
  point: string;
}

export const NOTHING: Query = { indicator: "", place: "", from: "", to: "", breakdown: "", frequency: "" };

export function asked(search: string): Asked {
  const parameters = new URLSearchParams(search);
  const query = { ...NOTHING };
  for (const field of FIELDS) query[field] = (parameters.get(field) ?? "").trim();
  return { query, point: parameters.get("point") ?? "" };
}

/** The parameters that the service takes too. */
export function parametersOf(query: Query): URLSearchParams {
  return new URLSearchParams(FIELDS.filter((field) => query[field]).map((field) => [field, query[field]]));
}

export function addressOf({ query, point }: Asked): string {
  const parameters = parametersOf(query);
  if (point) parameters.set("point", point);
  return parameters.size ? `/series?${parameters}` : "/series";
}

export const nameOf = (series: { id: string }, point: { period: { label: string }; status: string }): string =>
  `${series.id}.${point.period.label}.${point.status}`;
