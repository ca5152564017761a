// The chosen span, and a button for all that can be done to it; of a selection, the labels that it may get.

import { canLink, isFigure, LABELS, type Label, type Span } from "./contract";
import type { Seen } from "./view";
import { entryName, labelName, scoreOf } from "./view";
import { tell, tellCode } from "./words";

export interface Deeds {
  accept: () => void;
  reject: () => void;
  label: (label: Label) => void;
  edge: (edge: "start" | "end", by: 1 | -1) => void;
  link: () => void;
  entry: () => void;
  close: () => void;
}

interface Shown {
  seen: Seen | undefined;
  words: string;
  target: string;
  draft: string | null;
  writable: boolean;
  deeds: Deeds;
}

export function Inspector({ seen, words, target, draft, writable, deeds }: Shown) {
  if (draft !== null) {
    return (
      <section class="inspector" aria-label={tell("new_span")}>
        <Head title={tell("new_span")} words={draft} close={deeds.close} />
        <Labels now={null} choose={deeds.label} isOff={!writable} />
      </section>
    );
  }
  if (!seen) return <p class="quiet inspector-hint">{tell("choose_hint")}</p>;
  const { span } = seen;
  const isOut = span.state === "rejected";
  return (
    <section class={`inspector ${span.state}`} aria-label={labelName(span.label)}>
      <Head title={aboutOf(span)} words={words} close={deeds.close} />
      <div class="verdict">
        <button type="button" class="accept" disabled={!writable} onClick={deeds.accept}>
          {tell("accept")} <kbd>a</kbd>
        </button>
        <button type="button" disabled={!writable} onClick={deeds.reject}>
          {tell(isOut ? "restore" : "reject")} <kbd>x</kbd>
        </button>
        <span class="edges">
          <Edge sign="⟵" key_="[" name="widen_left" act={() => deeds.edge("start", 1)} isOff={!writable || isOut} />
          <Edge sign="⟼" key_="{" name="narrow_left" act={() => deeds.edge("start", -1)} isOff={!writable || isOut} />
          <Edge sign="⟻" key_="}" name="narrow_right" act={() => deeds.edge("end", -1)} isOff={!writable || isOut} />
          <Edge sign="⟶" key_="]" name="widen_right" act={() => deeds.edge("end", 1)} isOff={!writable || isOut} />
        </span>
      </div>
      <Labels now={span.label} choose={deeds.label} isOff={!writable || isOut} />
      <dl>
        {canLink(span.label) && (
          <Row name={tell(span.label === "INDICATOR" ? "link_in" : "link")}>
            <span class={target ? "" : "quiet"}>
              {target || tell("no_link")}
              {isFigure(span.label) && seen.phrase && <small>{tell("by_phrase")}</small>}
            </span>
            <button type="button" disabled={!writable || isOut} onClick={deeds.link}>
              {tell(target ? "relink" : "choose")} <kbd>l</kbd>
            </button>
          </Row>
        )}
        {span.label === "INDICATOR" && (
          <Row name={tell("entry")}>
            <span class={span.entry ? "" : "quiet"}>
              {entryName(span)}
              {span.alias && (
                <small>
                  {tell("alias")}: {span.alias}
                </small>
              )}
            </span>
            <button type="button" disabled={!writable || isOut} onClick={deeds.entry}>
              {tell(span.entry ? "relink" : "choose")} <kbd>e</kbd>
            </button>
          </Row>
        )}
      </dl>
    </section>
  );
}

function aboutOf(span: Span): string {
  const score = span.score === null ? "" : `${tell("score")} ${Math.round(scoreOf(span) * 100)}%`;
  return [labelName(span.label), tellCode("state_", span.state), score].filter(Boolean).join(" · ");
}

function Head({ title, words, close }: { title: string; words: string; close: () => void }) {
  return (
    <div class="inspector-head">
      <div>
        <small>{title}</small>
        <strong>{words}</strong>
      </div>
      <button type="button" class="plain close" aria-label={tell("close")} onClick={close}>
        ×
      </button>
    </div>
  );
}

function Labels({ now, choose, isOff }: { now: Label | null; choose: (label: Label) => void; isOff: boolean }) {
  return (
    <fieldset class="labels">
      <legend class="unseen">{tell("label")}</legend>
      {LABELS.map((label, at) => (
        <button
          key={label}
          type="button"
          class={label}
          aria-pressed={label === now}
          disabled={isOff}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => choose(label)}
        >
          <kbd>{at + 1}</kbd> {labelName(label)}
        </button>
      ))}
    </fieldset>
  );
}

interface EdgeButton {
  sign: string;
  key_: string;
  name: "widen_left" | "narrow_left" | "widen_right" | "narrow_right";
  act: () => void;
  isOff: boolean;
}

function Edge({ sign, key_, name, act, isOff }: EdgeButton) {
  return (
    <button type="button" aria-label={tell(name)} title={`${tell(name)} (${key_})`} disabled={isOff} onClick={act}>
      {sign}
    </button>
  );
}

function Row({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
