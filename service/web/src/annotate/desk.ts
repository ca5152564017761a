// One task as it is worked on: what the service has, what is on its way there, and what undoes it.
// What is seen is the service's state with the unsent events over it, so nothing waits for an answer.

import { ask, type Refusal, refusalOf } from "../shared/session";
import { uuid } from "../shared/uuid";
import {
  type Correction,
  type Entry,
  type Event,
  type Operation,
  received,
  type Saved,
  type Span,
  type Task,
  type TaskAnswer,
} from "./contract";
import { after, inverse, type Unfit, unfit } from "./fold";
import { type Held, keep } from "./unsent";

const AT_ONCE = 200; // events a request, at first
const WAITS = [1_000, 2_000, 5_000, 10_000]; // milliseconds before it is tried again
const POLL = 5_000;

export type Saving = "saved" | "saving" | "unsent" | "volatile" | "conflict" | "closed";

export interface Conflict {
  revision: number;
  events: string[];
  spans: string[];
  between: Correction[];
}

interface Step {
  done: { event: string; operation: Operation; inverse: Operation }[];
}

export type Notice = { is: "others"; by: string } | { is: "refused" | "kept"; message: string };

export class Desk {
  spans = new Map<string, Span>();
  conflict: Conflict | null = null;
  task: Task;
  writable: boolean;
  revision: number;
  private base = new Map<string, Span>();
  private queue: Event[] = [];
  private readonly names = new Map<string, string | null>();
  private undoable: Step[] = [];
  private redoable: Step[] = [];
  private sending: Promise<void> | null = null;
  private isCut = false;
  private isClosed = false;
  private isKept = true;
  private told = ""; // code of the refusal that was told last: it is met at every attempt
  private failures = 0;
  private atOnce = AT_ONCE;
  private timer = 0;
  private poll = 0;
  private readonly client: string;
  private readonly stopper = new AbortController();

  constructor(
    answer: TaskAnswer,
    private readonly who: string,
    private readonly held: Held,
    private readonly changed: () => void,
    private readonly noticed: (notice: Notice) => void,
  ) {
    this.task = answer.task;
    this.writable = answer.writable;
    this.revision = answer.revision;
    this.client = held.client;
    this.take(answer);
    for (const side of answer.sides ?? []) for (const span of side.spans) if (span.entry) this.learn(span.entry);
    if (held.left !== null) {
      // The events were made against that revision: so others' since then are found to conflict.
      ({ revision: this.revision, events: this.queue } = held.left);
    }
    this.replay();
    addEventListener("online", () => this.flush(), { signal: this.stopper.signal });
    this.schedulePoll();
    this.flush();
  }

  close(): void {
    this.stopper.abort();
    clearTimeout(this.timer);
    clearTimeout(this.poll);
    this.held.release();
  }

  get saving(): Saving {
    if (this.conflict) return "conflict";
    if (!this.queue.length) return "saved";
    if (this.isClosed) return "closed";
    if (!this.isKept) return "volatile";
    return this.isCut ? "unsent" : "saving";
  }

  get unsent(): number {
    return this.queue.length;
  }

  get canUndo(): boolean {
    return this.undoable.length > 0;
  }

  get canRedo(): boolean {
    return this.redoable.length > 0;
  }

  /** What of this page's is in conflict. */
  get inConflict(): Operation[] {
    const events = new Set(this.conflict?.events);
    return this.queue.filter((one) => events.has(one.id)).map((one) => one.operation);
  }

  /** Names of entries, which operations do not carry. */
  learn(entry: Entry): void {
    this.names.set(entry.id, entry.name);
  }

  /** Does all of it or nothing; why not, where it cannot be. */
  perform(operations: Operation[]): Unfit | null {
    const step = this.apply(operations);
    if (typeof step === "string") return step;
    this.undoable.push(step);
    this.redoable = [];
    return null;
  }

  undo(): string | null {
    const step = this.undoable.pop();
    if (step === undefined) return null;
    const made = this.apply(step.done.map((one) => one.inverse).reverse(), true);
    if (typeof made === "string") this.undoable.push(step);
    else this.redoable.push(step);
    return step.done[0]!.operation.span;
  }

  redo(): string | null {
    const step = this.redoable.pop();
    if (step === undefined) return null;
    const made = this.apply(
      step.done.map((one) => one.operation),
      true,
    );
    if (typeof made === "string") this.redoable.push(step);
    else this.undoable.push(made);
    return step.done[0]!.operation.span;
  }

  /** Sends what is in conflict again, over what the others did. */
  async keepMine(): Promise<void> {
    if (!this.conflict) return;
    const { events, revision } = this.conflict;
    await this.reload();
    // What the others took away comes back first, where there is more to be done to it.
    const lost = new Set<string>();
    for (const [id, span] of this.base) if (span.state === "rejected" || span.gone) lost.add(id);
    this.queue = this.queue.flatMap((one) => {
      const span = one.operation.span;
      const isOver = !events.includes(one.id) || !lost.has(span);
      if (isOver || !["change", "link", "entry"].includes(one.operation.op)) return [one];
      lost.delete(span);
      return [{ id: uuid(), operation: { op: "restore", span } as const }, one];
    });
    this.revision = revision;
    this.conflict = null;
    this.store();
    this.replay();
    this.flush();
  }

  /** Drops what is in conflict, and what was done to the same spans afterwards. */
  async takeTheirs(): Promise<void> {
    if (!this.conflict) return;
    const { events, spans, revision } = this.conflict;
    this.queue = this.queue.filter((one) => !events.includes(one.id) && !spans.includes(one.operation.span));
    const kept = (step: Step) => !step.done.some((one) => spans.includes(one.operation.span));
    this.undoable = this.undoable.filter(kept);
    this.redoable = this.redoable.filter(kept);
    this.revision = revision;
    this.conflict = null;
    this.store();
    await this.reload();
    this.flush();
  }

  /** Whether it could be: a task is not done while changes to it are unsent. */
  async setState(state: "done" | "begun"): Promise<boolean> {
    if (state === "done") {
      await this.flush();
      if (this.queue.length) return false;
    }
    const response = await ask(`/v1/tasks/${this.task.id}`, {
      method: "PATCH",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ state }),
    });
    if (!response.ok) throw await refusalOf(response);
    this.task = await response.json();
    this.isClosed = false;
    await this.reload();
    this.flush();
    return true;
  }

  /** Sends what is unsent, until nothing is or it cannot go on. */
  async flush(): Promise<void> {
    if (this.sending === null && this.canSend) this.sending = this.sendAll();
    await this.sending;
  }

  private get canSend(): boolean {
    return this.queue.length > 0 && !this.conflict && !this.stopper.signal.aborted;
  }

  private async sendAll(): Promise<void> {
    do await this.send();
    while (this.canSend && !this.isCut && !this.isClosed);
    this.sending = null;
  }

  private async send(): Promise<void> {
    clearTimeout(this.timer);
    const events = this.queue.slice(0, this.atOnce);
    try {
      const response = await ask(`/v1/tasks/${this.task.id}/corrections`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ revision: this.revision, client: this.client, events }),
      });
      if (response.ok) this.acknowledge(await response.json());
      else if (response.status === 413 && events.length > 1) this.atOnce = Math.ceil(events.length / 2);
      else if (response.status >= 500 || response.status === 429) throw new TypeError(String(response.status));
      else await this.refused(await refusalOf(response), events);
      this.isCut = false;
      this.failures = 0;
      this.told = "";
    } catch {
      this.isCut = true;
      this.timer = setTimeout(() => this.flush(), WAITS[Math.min(this.failures++, WAITS.length - 1)]);
    }
    this.changed();
  }

  private apply(operations: Operation[], isCertain = false): Step | Unfit {
    const before = new Map(this.spans);
    const done: Step["done"] = [];
    for (const operation of operations) {
      const next = after(this.spans, operation, this.entryOf);
      const why = next === undefined ? "span_gone" : isCertain ? null : unfit(this.spans, operation, next);
      if (next === undefined || why !== null) {
        this.spans = before;
        return why ?? "span_gone";
      }
      done.push({ event: uuid(), operation, inverse: inverse(this.spans, operation) });
      this.spans.set(next.id, next);
    }
    this.queue.push(...done.map(({ event: id, operation }) => ({ id, operation })));
    this.store();
    this.changed();
    this.flush();
    return { done };
  }

  private readonly entryOf = (id: string): Entry => ({ id, name: this.names.get(id) ?? null });

  private take(answer: TaskAnswer): void {
    // What was removed is in no answer, but may be restored.
    for (const [id, span] of this.base) this.base.set(id, { ...span, gone: true });
    for (const span of answer.spans) this.base.set(span.id, received(span));
    for (const span of answer.spans) if (span.entry) this.learn(span.entry);
  }

  private replay(): void {
    this.spans = new Map(this.base);
    for (const { operation } of this.queue) {
      const next = after(this.spans, operation, this.entryOf);
      if (next !== undefined) this.spans.set(next.id, next);
    }
  }

  private acknowledge(saved: Saved): void {
    const sent = new Map(saved.corrections.map((one) => [one.id, one]));
    for (const { id, operation } of this.queue) {
      const next = sent.has(id) ? after(this.base, operation, this.entryOf) : undefined;
      if (next !== undefined) this.base.set(next.id, next);
    }
    this.queue = this.queue.filter((one) => !sent.has(one.id));
    for (const step of [...this.undoable.slice(-AT_ONCE), ...this.redoable.slice(-AT_ONCE)]) {
      for (const one of step.done) one.inverse = sent.get(one.event)?.inverse ?? one.inverse;
    }
    for (const span of saved.spans) {
      if (span.entry?.name) this.learn(span.entry);
      this.base.set(span.id, received(span));
    }
    for (const id of saved.gone) {
      const span = this.base.get(id) ?? this.spans.get(id);
      if (span) this.base.set(id, { ...span, gone: true });
    }
    this.revision = saved.revision;
    this.store();
    this.replay();
    const other = saved.between.find((one) => one.client !== this.client);
    if (other) this.noticed({ is: "others", by: other.by });
  }

  private async refused(refusal: Refusal, events: Event[]): Promise<void> {
    if (refusal.code === "correction_conflict") {
      this.conflict = refusal.detail as Conflict;
      return;
    }
    if (refusal.code === "task_closed") {
      this.isClosed = true;
      return;
    }
    const wrong: unknown = refusal.code === "correction_invalid" ? refusal.detail.event : undefined;
    if (!events.some((one) => one.id === wrong)) {
      // It is the request that was refused, as after another login: what was in it may be taken later.
      if (this.told !== refusal.code) this.noticed({ is: "kept", message: refusal.message });
      this.told = refusal.code;
      throw refusal;
    }
    // One that breaks the rules is told and dropped; what else was sent with it goes again.
    this.queue = this.queue.filter((one) => one.id !== wrong);
    const kept = (step: Step) => !step.done.some((one) => one.event === wrong);
    this.undoable = this.undoable.filter(kept);
    this.store();
    this.noticed({ is: "refused", message: refusal.detail.reason ?? refusal.message });
    await this.reload();
  }

  private store(): void {
    this.isKept = keep(this.who, this.task.id, { client: this.client, revision: this.revision, events: this.queue });
  }

  private async reload(): Promise<void> {
    const response = await ask(`/v1/tasks/${this.task.id}`, { signal: this.stopper.signal });
    if (!response.ok) return;
    const answer: TaskAnswer = await response.json();
    this.take(answer);
    this.task = answer.task;
    this.writable = answer.writable;
    if (!this.queue.length) this.revision = answer.revision;
    this.replay();
    this.changed();
  }

  private schedulePoll(): void {
    this.poll = setTimeout(async () => {
      try {
        if (!document.hidden && !this.queue.length) await this.look();
      } catch {
        // tried again in a while
      }
      if (!this.stopper.signal.aborted) this.schedulePoll();
    }, POLL);
  }

  private async look(): Promise<void> {
    const since = this.revision;
    const response = await ask(`/v1/tasks/${this.task.id}/corrections?since=${since}`, { signal: this.stopper.signal });
    if (!response.ok) return;
    const { corrections }: { corrections: Correction[] } = await response.json();
    const other = corrections.find((one) => one.client !== this.client);
    if (!other || this.queue.length || this.revision !== since) return;
    await this.reload();
    this.noticed({ is: "others", by: other.by });
  }
}
