// Where a statement is highlighted on its document's page: spans there bear the ids of the answer.

import type { Extraction } from "../shared/contract";
import { ask } from "../shared/session";
import type { Statement } from "./answer";

const spansOf = new Map<string, Promise<Map<string, string>>>();

async function fetchSpans(id: string): Promise<Map<string, string>> {
  const response = await ask(`/v1/documents/${id}`, { headers: { Accept: "application/json" } });
  if (!response.ok) return new Map();
  const { answer }: { answer: Extraction } = await response.json();
  return new Map(answer.spans.map((span) => [`${span.start}-${span.end}`, span.id]));
}

export const pageOf = ({ document }: Statement): string => `/v1/documents/${encodeURIComponent(document.id)}`;

/** The page at the statement; where its place is not found, as in a document that was read anew since, the page. */
export async function placeOf(statement: Statement): Promise<string> {
  const { id } = statement.document;
  let spans = spansOf.get(id);
  if (spans === undefined) {
    spans = fetchSpans(encodeURIComponent(id)).catch(() => new Map());
    spansOf.set(id, spans);
  }
  const span = (await spans).get(`${statement.start}-${statement.end}`);
  return pageOf(statement) + (span === undefined ? "" : `#${span}`);
}
