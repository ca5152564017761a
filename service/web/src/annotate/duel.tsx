// Two annotations beside each other, paragraph by paragraph: what both have is quiet, what differs is marked, listed and decided.

import { type ComponentChild, h } from "preact";
import { memo } from "preact/compat";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { current, type Language } from "../shared/language";
import { received, type Span, type TaskAnswer } from "./contract";
import { type Difference, isTold, type Side, Sides, type Standing } from "./differences";
import { nested } from "./document";
import type { Spans } from "./fold";
import type { Positions } from "./positions";
import { type Block, blocksOf, entryName, filled, labelName, type Seen, seenOf, shortLabel } from "./view";
import { tell } from "./words";

const PARAGRAPH = 1; // so that each is beside its other

/** What is drawn of the two, which never change. */
export interface Duel {
  sides: Sides;
  names: Record<Side, string>;
  rows: readonly { left: Block; right: Block }[];
  differenceOf: Record<Side, ReadonlyMap<string, Difference>>; // by the id of a span
}

export function useDuel(answer: TaskAnswer, positions: Positions): Duel | null {
  return useMemo(() => {
    const [one, two] = answer.sides ?? [];
    if (!one || !two) return null;
    const sides = new Sides(one.spans.map(received), two.spans.map(received));
    const blocks = blocksOf(positions, answer.sections, PARAGRAPH);
    const ofSide = (spans: Spans) => filled(blocks, seenOf(spans, positions, new Map()));
    const right = ofSide(sides.right);
    const differenceOf = (side: Side) =>
      new Map(sides.differences.flatMap((one) => one[side].map((span) => [span.id, one] as const)));
    return {
      sides,
      names: { left: one.task.assignee ?? tell("nobody"), right: two.task.assignee ?? tell("nobody") },
      rows: ofSide(sides.left).map((left, at) => ({ left, right: right[at]! })),
      differenceOf: { left: differenceOf("left"), right: differenceOf("right") },
    };
  }, [answer, positions]);
}

interface Shown {
  duel: Duel;
  positions: Positions;
  standings: ReadonlyMap<string, Standing>;
  chosen: string; // id of a difference
  choose: (difference: string) => void;
  side: Side; // that a phone shows
  setSide: (side: Side) => void;
}

export function SidesView({ duel, positions, standings, chosen, choose, side, setSide }: Shown) {
  const pane = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!chosen) return;
    const look = () => {
      const root = pane.current;
      const mark = [...(root?.querySelectorAll<HTMLElement>(".chosen") ?? [])].find((one) => one.offsetParent);
      if (root && mark) {
        const [box, around] = [mark.getBoundingClientRect(), root.getBoundingClientRect()];
        root.scrollTop += box.top - (around.top + around.height / 3);
      }
    };
    // What is above is laid out only once it is near: the place is right the second time.
    requestAnimationFrame(() => {
      look();
      requestAnimationFrame(look);
    });
  }, [chosen, side]);
  useEffect(() => pane.current?.focus({ preventScroll: true }), []);
  const heading = (which: Side) => (
    <button type="button" aria-pressed={side === which} onClick={() => setSide(which)}>
      {tell("side_of", duel.names[which])}
    </button>
  );
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the page's keys walk through the differences
    <article
      id="sides"
      class={`only-${side}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
      tabIndex={0}
      aria-label={tell("sides")}
      ref={pane}
      onClick={(event) => {
        const found = (event.target as Element).closest<HTMLElement>("[data-difference]")?.dataset.difference;
        if (found) choose(found);
      }}
    >
      <div class="names">
        {heading("left")}
        {heading("right")}
      </div>
      {duel.rows.map((row) => {
        const of = (which: Side) => row[which].seen.flatMap((one) => duel.differenceOf[which].get(one.span.id) ?? []);
        const inside = [...of("left"), ...of("right")];
        return (
          <Row
            key={row.left.start}
            {...row}
            duel={duel}
            positions={positions}
            chosen={inside.some((one) => one.id === chosen) ? chosen : ""}
            told={inside.map((one) => standings.get(one.id)).join(" ")}
            standings={standings}
            language={current()}
          />
        );
      })}
    </article>
  );
}

interface Drawn {
  left: Block;
  right: Block;
  duel: Duel;
  positions: Positions;
  chosen: string; // of this row, or empty: so choosing one draws two rows, not all
  told: string; // the standings within it, which draw it anew
  standings: ReadonlyMap<string, Standing>;
  language: Language;
}

const Row = memo(
  function Row({ duel, positions, chosen, standings, ...row }: Drawn) {
    const column = (side: Side) => (
      <div class={`words ${side}`} data-start={row[side].start}>
        {nested(row[side], row[side].seen, positions, (one, inside) => {
          const found = duel.differenceOf[side].get(one.span.id);
          return mark(one, inside, side, found, found && standings.get(found.id), found?.id === chosen);
        })}
      </div>
    );
    return (
      <div class="row">
        {row.left.heading.length > 0 && <div class="path" data-path={row.left.heading.join(" › ")} />}
        {column("left")}
        {column("right")}
      </div>
    );
  },
  (before, now) =>
    before.duel === now.duel &&
    before.chosen === now.chosen &&
    before.told === now.told &&
    before.language === now.language,
);

function mark(
  one: Seen,
  inside: ComponentChild[],
  side: Side,
  found: Difference | undefined,
  standing: Standing | undefined,
  isChosen: boolean,
): ComponentChild {
  const names = ["mark", one.span.label, found ? "differs" : "agreed"];
  if (standing === side || standing === "both") names.push("taken");
  else if (found && standing !== "open") names.push(isTold(found) ? "settled" : "dropped");
  if (isChosen) names.push("chosen");
  return h(
    "span",
    {
      class: names.join(" "),
      "data-label": shortLabel(one.span.label),
      title: labelName(one.span.label),
      ...(found ? { "data-difference": found.id } : {}),
      ...(one.chip && one.span.label !== "INDICATOR" ? { "data-chip": one.chip } : {}),
    },
    inside,
  );
}

interface Deciding {
  duel: Duel;
  positions: Positions;
  difference: Difference | undefined;
  standing: Standing;
  writable: boolean;
  decide: (which: Side | "neither") => void;
  walk: (by: 1 | -1) => void;
  close: () => void;
}

/** The chosen difference: what either says, and a button for each way to decide. */
export function Decision({ duel, positions, difference, standing, writable, decide, walk, close }: Deciding) {
  if (!difference)
    return <p class="quiet inspector-hint">{tell(duel.sides.differences.length ? "decide_hint" : "no_differences")}</p>;
  const says = (side: Side) => (
    <section class={standing === side || standing === "both" ? "taken" : ""}>
      <h3>{tell("side_of", duel.names[side])}</h3>
      {difference[side].length === 0 && <p class="quiet">{tell("nothing_here")}</p>}
      <ul>
        {difference[side].map((span) => (
          <li key={span.id}>
            <Said span={span} spans={duel.sides[side]} positions={positions} />
          </li>
        ))}
      </ul>
    </section>
  );
  return (
    <section class="inspector decision" aria-label={tell("differences")}>
      <div class="inspector-head">
        <div>
          <small>
            {tell(`differs_${difference.kind}`)} · {tell(`standing_${standing}`)}
          </small>
        </div>
        <span class="edges">
          <button type="button" aria-label={tell("previous")} title="k" onClick={() => walk(-1)}>
            ↑
          </button>
          <button type="button" aria-label={tell("next")} title="j" onClick={() => walk(1)}>
            ↓
          </button>
          <button type="button" class="plain close" aria-label={tell("close")} onClick={close}>
            ×
          </button>
        </span>
      </div>
      <div class="said-by">
        {says("left")}
        {says("right")}
      </div>
      <div class="verdict">
        <button type="button" class="left" disabled={!writable} onClick={() => decide("left")}>
          {tell("take_left")} <kbd>t</kbd>
        </button>
        <button type="button" class="right" disabled={!writable} onClick={() => decide("right")}>
          {tell("take_right")} <kbd>p</kbd>
        </button>
        <button type="button" class="neither" disabled={!writable} onClick={() => decide("neither")}>
          {tell("both_wrong")} <kbd>s</kbd>
        </button>
      </div>
    </section>
  );
}

function Said({ span, spans, positions }: { span: Span; spans: Spans; positions: Positions }) {
  const wordsOf = (one: Span) => positions.slice(one.start, one.end).replace(/\s+/g, " ");
  const head = span.to === null ? undefined : spans.get(span.to);
  const about = [
    head ? `↤ ${wordsOf(head)}` : "",
    span.label === "INDICATOR" ? `${tell("entry")}: ${entryName(span)}` : "",
    span.alias ? `${tell("alias")}: ${span.alias}` : "",
  ];
  return (
    <>
      <span class={`swatch ${span.label}`}>{labelName(span.label)}</span> <strong>{wordsOf(span)}</strong>
      {about.filter(Boolean).map((one) => (
        <small key={one}>{one}</small>
      ))}
    </>
  );
}

interface Listed {
  duel: Duel;
  positions: Positions;
  standings: ReadonlyMap<string, Standing>;
  chosen: string;
  choose: (difference: string) => void;
}

export function Differences({ duel, positions, standings, chosen, choose }: Listed) {
  return (
    <ol class="differences">
      {duel.sides.differences.map((one) => {
        const standing = standings.get(one.id) ?? "open";
        return (
          <li key={one.id}>
            <button type="button" aria-current={one.id === chosen} onClick={() => choose(one.id)}>
              <strong>{positions.slice(one.start, one.end).replace(/\s+/g, " ")}</strong>
              <small>{tell(`differs_${one.kind}`)}</small>
              <span class={`standing ${standing}`}>{tell(`standing_${standing}`)}</span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}
