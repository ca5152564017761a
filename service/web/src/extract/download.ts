// The answer as a file. JSON is at hand; the other forms are asked of the service, which reads the same text again.

import type { Extraction } from "../shared/contract";
import { save } from "../shared/dom";
import { ask, refusalOf } from "../shared/session";

/** What was read: a text as typed, or a file. */
export type Sent = { text: string } | { file: File };

export const FORMS = { json: "application/json", csv: "text/csv", html: "text/html" } as const;
export type Form = keyof typeof FORMS;

export function post(sent: Sent, accept: string): Promise<Response> {
  const headers = { Accept: accept, "Content-Type": "application/json" };
  if ("text" in sent) {
    return ask("/v1/extract", { method: "POST", headers, body: JSON.stringify({ text: sent.text }) });
  }
  headers["Content-Type"] = "application/octet-stream";
  const address = `/v1/extract?name=${encodeURIComponent(sent.file.name)}`;
  return ask(address, { method: "POST", headers, body: sent.file });
}

/** Raises `Refusal` where the service refuses. */
export async function download(form: Form, sent: Sent, answer: Extraction): Promise<void> {
  let content: Blob;
  if (form === "json") {
    content = new Blob([JSON.stringify(answer, null, 1)], { type: FORMS.json });
  } else {
    const response = await post(sent, FORMS[form]);
    if (!response.ok) throw await refusalOf(response);
    content = await response.blob();
  }
  const name = "file" in sent ? sent.file.name.replace(/\.\w+$/, "") : "chitieu";
  save(content, `${name}.${form}`);
}
