// The sheet of keys, and what is asked where two people changed the same place.

import { useEffect, useRef } from "preact/hooks";
import type { Operation } from "./contract";
import type { Conflict } from "./desk";
import { labelName } from "./view";
import { type Phrase, tell, tellCode } from "./words";

const KEYS: [string[], Phrase][] = [
  [["j", "k"], "key_next"],
  [["→", "←"], "key_walk"],
  [["a"], "key_accept"],
  [["x"], "key_reject"],
  [["1", "…", "8"], "key_label"],
  [["[", "]"], "key_edges"],
  [["{", "}"], "key_edges_in"],
  [["n"], "key_new"],
  [["l"], "key_link"],
  [["e"], "key_entry"],
  [["u", "r"], "key_undo"],
  [["Shift+A"], "key_screen"],
  [["f"], "key_filter"],
  [["g"], "key_guidelines"],
  [["Esc"], "key_escape"],
  [["?"], "key_help"],
];

const DUEL_KEYS: [string[], Phrase][] = [
  [["j", "k"], "key_duel_next"],
  [["→", "←"], "key_duel_walk"],
  [["t", "p", "s"], "key_duel_take"],
  [["u", "r"], "key_undo"],
  [["v"], "key_duel_view"],
];

function Dialog({ title, close, children }: { title: string; close?: () => void; children: preact.ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        close?.();
      }}
    >
      <div class="dialog-head">
        <h2>{title}</h2>
        {close && (
          <button type="button" class="plain close" aria-label={tell("close")} onClick={close}>
            ×
          </button>
        )}
      </div>
      {children}
    </dialog>
  );
}

function Keys({ keys }: { keys: typeof KEYS }) {
  return (
    <dl class="keys">
      {keys.map(([names, words]) => (
        <div key={words}>
          <dt>{names.map((one) => (one === "…" ? one : <kbd key={one}>{one}</kbd>))}</dt>
          <dd>{tell(words)}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Help({ adjudicates, close }: { adjudicates: boolean; close: () => void }) {
  return (
    <Dialog title={tell("help")} close={close}>
      <Keys keys={KEYS} />
      {adjudicates && (
        <>
          <h3>{tell("keys_duel")}</h3>
          <Keys keys={DUEL_KEYS} />
        </>
      )}
      <p class="quiet">{tell("mouse")}</p>
    </Dialog>
  );
}

interface Asked {
  conflict: Conflict;
  mine: Operation[];
  wordsOf: (span: string) => string;
  keepMine: () => void;
  takeTheirs: () => void;
}

export function ConflictDialog({ conflict, mine, wordsOf, keepMine, takeTheirs }: Asked) {
  const theirs = conflict.between.filter((one) => conflict.spans.includes(one.operation.span));
  const people = [...new Set(theirs.map((one) => one.by))].join(", ");
  const said = (operation: Operation) => {
    const what = described(operation, wordsOf);
    return `“${wordsOf(operation.span)}”: ${what}`;
  };
  return (
    <Dialog title={tell("conflict_title")}>
      <p>{tell("conflict_text")}</p>
      <div class="sides">
        <section>
          <h3>{tell("mine")}</h3>
          <ul>
            {mine.map((one, at) => (
              <li key={at}>{said(one)}</li>
            ))}
          </ul>
          <button type="button" onClick={keepMine}>
            {tell("keep_mine")}
          </button>
        </section>
        <section>
          <h3>{tell("theirs", people)}</h3>
          <ul>
            {theirs.map((one) => (
              <li key={one.id}>{said(one.operation)}</li>
            ))}
          </ul>
          <button type="button" onClick={takeTheirs}>
            {tell("take_theirs")}
          </button>
        </section>
      </div>
    </Dialog>
  );
}

function described(operation: Operation, wordsOf: (span: string) => string): string {
  const verb = tellCode("op_", operation.op);
  let what = "";
  if (operation.op === "add") what = labelName(operation.label);
  else if (operation.op === "link") what = operation.to === null ? tell("nothing") : `“${wordsOf(operation.to)}”`;
  else if (operation.op === "entry") what = operation.entry ?? tell("nothing");
  else if (operation.op === "change") {
    what = [
      operation.label ? labelName(operation.label) : "",
      operation.start === undefined ? "" : `${operation.start}–${operation.end}`,
    ]
      .filter(Boolean)
      .join(", ");
  }
  return verb.replace("{}", () => what);
}
