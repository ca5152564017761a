// Events that the service has not taken yet, kept in the browser: a closed page or a lost connection loses none.

import type { Event } from "./contract";

export interface Unsent {
  client: string;
  revision: number;
  events: Event[];
}

const prefixOf = (who: string, task: string): string => `annotate-unsent ${who} ${task} `;

/** Whether it could be kept. */
export function keep(who: string, task: string, unsent: Unsent): boolean {
  const key = prefixOf(who, task) + unsent.client;
  try {
    if (unsent.events.length) localStorage.setItem(key, JSON.stringify(unsent));
    else localStorage.removeItem(key);
    return true;
  } catch {
    return false;
  }
}

/** What a page left unsent; of several, one: the others are for the next time. */
export function adopted(who: string, task: string): Unsent | null {
  const prefix = prefixOf(who, task);
  const key = Object.keys(localStorage).find((name) => name.startsWith(prefix));
  return key === undefined ? null : JSON.parse(localStorage.getItem(key)!);
}
