// What the project's screens ask the service for.

import { half, inBoth } from "../shared/language";
import { ask, Refusal, refusalOf } from "../shared/session";
import type { Agreement, Person, Progress, Project, StoredDocument, Task } from "./contract";

/** Raises `Refusal` where the service refuses. */
export async function answered(address: string, options: RequestInit = {}): Promise<Response> {
  const response = await ask(address, options);
  if (!response.ok) throw await refusalOf(response);
  return response;
}

async function told<T>(address: string, options: RequestInit = {}): Promise<T> {
  return (await answered(address, options)).json();
}

const sent = (body: unknown, method = "POST"): RequestInit => ({
  method,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

/** Why something failed, in the page's language. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Refusal)) return half(inBoth("offline"));
  const problems: { what: string }[] = error.code === "request_invalid" ? (error.detail.problems ?? []) : [];
  return [half(error.message), ...problems.map((one) => half(one.what))].join(" ");
}

export interface ProjectWords {
  name: string;
  guidelines: string | null;
  order: Project["order"];
}

export const projects = () => told<{ projects: Project[] }>("/v1/projects").then((found) => found.projects);
export const makeProject = (words: ProjectWords) => told<Project>("/v1/projects", sent(words));
export const changeProject = (id: string, words: ProjectWords) =>
  told<Project>(`/v1/projects/${id}`, sent(words, "PATCH"));
export const annotators = () => told<{ annotators: string[] }>("/v1/annotators").then((found) => found.annotators);

export async function everyTask(project: string): Promise<Task[]> {
  const found: Task[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const query = new URLSearchParams({ limit: "500", ...(cursor ? { cursor } : {}) });
    const page: { tasks: Task[]; next: string | null } = await told(`/v1/projects/${project}/tasks?${query}`);
    found.push(...page.tasks);
    cursor = page.next;
  }
  return found;
}

export const takeNext = (project: string) =>
  told<{ task: Task | null }>(`/v1/projects/${project}/next`, { method: "POST" }).then((found) => found.task);
export const changeTask = (id: string, change: { assignee?: Person; state?: "begun" }) =>
  told<Task>(`/v1/tasks/${id}`, sent(change, "PATCH"));

export interface DocumentPage {
  documents: StoredDocument[];
  next: string | null;
}

export function storedDocuments(name: string, cursor: string | null, signal: AbortSignal): Promise<DocumentPage> {
  const query = new URLSearchParams({ limit: "20", ...(name ? { name } : {}), ...(cursor ? { cursor } : {}) });
  return told(`/v1/documents?${query}`, { signal });
}

/** Reads and stores a text or a file; the id that it is stored under. */
export async function storeDocument(name: string, content: File | string): Promise<string> {
  const response =
    typeof content === "string"
      ? await answered("/v1/extract", sent({ text: content, id: name, store: true }))
      : await answered(`/v1/extract?${new URLSearchParams({ name, store: "true" })}`, {
          method: "POST",
          headers: { "Content-Type": "application/octet-stream" },
          body: content,
        });
  return (await response.json()).document.stored;
}

const DOCUMENTS_AT_ONCE = 500;

export async function addDocuments(project: string, documents: string[], assign: Person[]): Promise<number> {
  let added = 0;
  for (let at = 0; at < documents.length; at += DOCUMENTS_AT_ONCE) {
    const body = sent({ documents: documents.slice(at, at + DOCUMENTS_AT_ONCE), assign });
    added += (await told<{ tasks: Task[] }>(`/v1/projects/${project}/documents`, body)).tasks.length;
  }
  return added;
}

export async function importAnnotated(project: string, file: File): Promise<number> {
  const { tasks } = await told<{ tasks: Task[] }>(
    `/v1/projects/${project}/import?${new URLSearchParams({ name: file.name })}`,
    { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file },
  );
  return tasks.length;
}

export const progressOf = (project: string) => told<Progress>(`/v1/projects/${project}/progress`);
export const agreementOf = (project: string) => told<Agreement>(`/v1/projects/${project}/agreement`);
export const adjudicate = (project: string, document: string, assignee: string) =>
  told<Task>(`/v1/projects/${project}/adjudications`, sent({ document, assignee }));

export interface ExportWish {
  format: string;
  at: Date | null;
  isDone: boolean;
  annotator: string;
}

/** The file, and the name's ending that the service gives it. */
export async function exported(project: string, wish: ExportWish): Promise<{ content: Blob; suffix: string }> {
  const query = new URLSearchParams({
    format: wish.format,
    ...(wish.at ? { at: wish.at.toISOString() } : {}),
    ...(wish.isDone ? { done: "true" } : {}),
    ...(wish.annotator ? { annotator: wish.annotator } : {}),
  });
  const response = await answered(`/v1/projects/${project}/export?${query}`);
  const name = /filename="[^."]*(\.[^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "");
  return { content: await response.blob(), suffix: name?.[1] ?? "" };
}
