// Walking through the differences of two annotations, and deciding them.

import { useState } from "preact/hooks";
import type { Operation } from "./contract";
import type { Side, Standing } from "./differences";
import type { Duel } from "./duel";
import type { Spans } from "./fold";
import { tell } from "./words";

interface Desk {
  spans: Spans;
}

/** What is chosen of a duel, how it stands, and what keys and buttons do to it; of no duel there is nothing to do. */
export function useDeciding(
  duel: Duel | null,
  desk: Desk,
  perform: (operations: Operation[]) => boolean,
  say: (words: string) => void,
) {
  const [chosen, setChosen] = useState("");
  const [side, setSide] = useState<Side>("left"); // that a phone shows
  const differences = duel?.sides.differences ?? [];
  const standings: ReadonlyMap<string, Standing> = duel?.sides.standings(desk.spans) ?? new Map();
  const isOpen = (id: string) => standings.get(id) === "open";
  const open = differences.filter((one) => isOpen(one.id));
  const found = differences.find((one) => one.id === chosen);

  const choose = (id: string) => {
    setChosen(id);
    const next = differences.find((one) => one.id === id);
    // The side that has something there.
    if (next && !next[side].length) setSide(side === "left" ? "right" : "left");
  };
  const step = (by: 1 | -1, fits: (id: string) => boolean): boolean => {
    const from = differences.findIndex((one) => one.id === chosen);
    const rest = by === 1 ? differences.slice(from + 1) : differences.slice(0, Math.max(from, 0)).reverse();
    const next = rest.find((one) => fits(one.id));
    if (next) choose(next.id);
    return next !== undefined;
  };
  const walk = (by: 1 | -1) => {
    if (step(by, isOpen)) return;
    // What is undecided behind the last, or before the first, is met as well.
    const rest = open.filter((one) => one.id !== chosen);
    const next = by === 1 ? rest[0] : rest.at(-1);
    if (next) choose(next.id);
    else say(tell(open.length ? "decide_hint" : "all_decided"));
  };
  const decide = (which: Side | "neither") => {
    if (!duel || !found) return say(tell("decide_hint"));
    const operations = duel.sides.deciding(found, which, desk.spans);
    if (!operations) return say(tell("target_open"));
    if (!perform(operations)) return;
    const then = duel.sides.standings(desk.spans); // others may be decided by it too
    step(1, (id) => id !== chosen && then.get(id) === "open");
  };
  return { difference: found, standings, undecided: open.length, side, setSide, choose, step, walk, decide };
}
