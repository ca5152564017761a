// Events that the service has not taken yet, kept in the browser: a closed page or a lost connection loses none.

import { uuid } from "../shared/uuid";
import type { Event } from "./contract";

export interface Unsent {
  client: string;
  revision: number;
  events: Event[];
}

/** A page's own queue: nobody else takes it up before it is released. */
export interface Held {
  client: string;
  left: Unsent | null;
  release: () => void;
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

/** What a page left unsent that is not open any more; of several, one: the others are for the next time. */
export async function adopted(who: string, task: string): Promise<Held> {
  const prefix = prefixOf(who, task);
  for (const key of keys().filter((name) => name.startsWith(prefix))) {
    const client = key.slice(prefix.length);
    const release = await hold(client);
    const left = release && read(key);
    if (left) return { client, left, release };
    release?.();
  }
  const client = `tab-${uuid()}`;
  return { client, left: null, release: (await hold(client)) ?? (() => {}) };
}

function keys(): string[] {
  try {
    return Object.keys(localStorage);
  } catch {
    return []; // a browser that keeps nothing
  }
}

/** Null where nothing is left, or nothing that can be read. */
function read(key: string): Unsent | null {
  try {
    const left: Unsent | null = JSON.parse(localStorage.getItem(key) ?? "null");
    return left && Array.isArray(left.events) && Number.isInteger(left.revision) ? left : null;
  } catch {
    return null;
  }
}

/** What lets go of a client's queue; null where an open page has it. Over plain http there are no locks, and none is held. */
function hold(client: string): Promise<(() => void) | null> {
  const locks: LockManager | undefined = navigator.locks;
  if (!locks) return Promise.resolve(() => {});
  return new Promise((told) => {
    const held = (lock: Lock | null): Promise<void> | undefined => {
      if (lock) return new Promise((release) => told(release));
      told(null);
      return undefined;
    };
    locks.request(`annotate-unsent ${client}`, { ifAvailable: true }, held).catch(() => told(() => {}));
  });
}
