// The screens, and their addresses.

/** Those of a project, for reviewers. */
export const TABS = ["tasks", "add", "progress", "agreement", "export", "settings"] as const;
type Tab = (typeof TABS)[number];
export type View = Tab | "new";

export const isView = (name: string): name is View => [...TABS, "new"].includes(name);

/** What is not for reviewers alone. */
export const FOR_ALL: readonly Tab[] = ["tasks", "progress"];

export interface Asked {
  project: string;
  task: string;
  view: View;
}

/** The address of a screen. */
export function addressOf({ project, task, view }: Asked): string {
  const given = Object.entries({ project, task, view: view === "tasks" ? "" : view }).filter(([, value]) => value);
  return `/annotate${given.length ? `?${new URLSearchParams(given)}` : ""}`;
}
