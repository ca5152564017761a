// The line over a task: how it stands, whether it is saved, the filter, and what concerns the whole of it.

import { LABELS, type Label } from "./contract";
import type { Desk } from "./desk";
import { type Filter, labelName } from "./view";
import { tell } from "./words";

interface Shown {
  desk: Desk;
  progress: string;
  found: string;
  filter: Filter;
  setFilter: (filter: Filter) => void;
  threshold: number;
  setThreshold: (value: number) => void;
  tab: "text" | "table";
  setTab: (tab: "text" | "table") => void;
  acceptScreen: () => void;
  turn: (which: "undo" | "redo") => void;
  walk: (by: 1 | -1) => void;
  help: () => void;
  read: () => void;
  duel: { isBeside: boolean; turn: () => void } | null; // of an adjudication
  back: () => void;
  finish: () => void;
}

export function Bar(props: Shown) {
  const { desk, duel } = props;
  const isOver = desk.task.state === "done" || desk.task.state === "adjudicated";
  return (
    <div class="bar">
      <div class="bar-line">
        <button type="button" onClick={props.back}>
          ‹ {tell("back")}
        </button>
        <h2>{desk.task.document.name}</h2>
        <span class="progress">{props.progress}</span>
        <SavingState desk={desk} />
        <span class="group">
          <button
            type="button"
            aria-label={tell("undo")}
            title={`${tell("undo")} (u)`}
            disabled={!desk.canUndo}
            onClick={() => props.turn("undo")}
          >
            ↶
          </button>
          <button
            type="button"
            aria-label={tell("redo")}
            title={`${tell("redo")} (r)`}
            disabled={!desk.canRedo}
            onClick={() => props.turn("redo")}
          >
            ↷
          </button>
          <button
            type="button"
            class="read"
            aria-label={tell("guidelines")}
            title={`${tell("guidelines")} (g)`}
            onClick={props.read}
          >
            {tell("guidelines")}
          </button>
          <button type="button" aria-label={tell("help")} title={`${tell("help")} (?)`} onClick={props.help}>
            ?
          </button>
        </span>
        {duel && (
          <button type="button" title="v" aria-pressed={!duel.isBeside} onClick={duel.turn}>
            {tell("result")}
          </button>
        )}
        {desk.task.state !== "adjudicated" && (
          <button type="button" class="finish" onClick={props.finish}>
            {tell(isOver ? "reopen" : "done")}
          </button>
        )}
      </div>
      <div class={`bar-line filters${duel?.isBeside ? " bare" : ""}`}>
        {!duel?.isBeside && <Filters {...props} />}
        <span class="tabs">
          <button type="button" aria-pressed={props.tab === "text"} onClick={() => props.setTab("text")}>
            {tell(duel?.isBeside ? "sides" : "text")}
          </button>
          <button type="button" aria-pressed={props.tab === "table"} onClick={() => props.setTab("table")}>
            {tell(duel?.isBeside ? "differences" : "table")}
          </button>
        </span>
      </div>
    </div>
  );
}

function Filters(props: Shown) {
  const { desk, filter, setFilter } = props;
  return (
    <>
      <span class="group">
        <button type="button" aria-label={`${tell("unsure")} ↑`} title="k" onClick={() => props.walk(-1)}>
          ↑
        </button>
        <button type="button" aria-label={`${tell("unsure")} ↓`} title="j" onClick={() => props.walk(1)}>
          ↓ {tell("unsure")}
        </button>
      </span>
      <select
        id="filter-label"
        aria-label={`${tell("filter")}: ${tell("label")}`}
        value={filter.label}
        onChange={(event) => setFilter({ ...filter, label: event.currentTarget.value as Label | "" })}
      >
        <option value="">{tell("all_labels")}</option>
        {LABELS.map((label) => (
          <option key={label} value={label}>
            {labelName(label)}
          </option>
        ))}
      </select>
      <span>
        {tell("score_below")}{" "}
        <Percent
          name={tell("score_below")}
          value={filter.below}
          isEmptyAtNone
          set={(below) => setFilter({ ...filter, below })}
        />
      </span>
      <label>
        <input
          type="checkbox"
          checked={filter.isUnsure}
          onChange={(event) => setFilter({ ...filter, isUnsure: event.currentTarget.checked })}
        />
        {tell("unsure").toLowerCase()}
      </label>
      <label>
        <input
          type="checkbox"
          checked={filter.isChanged}
          onChange={(event) => setFilter({ ...filter, isChanged: event.currentTarget.checked })}
        />
        {tell("changed")}
      </label>
      <span class="found" role="status">
        {props.found}
      </span>
      <span class="screen">
        <button type="button" disabled={!desk.writable} title="Shift+A" onClick={props.acceptScreen}>
          {tell("accept_screen")}
        </button>
        <Percent name={tell("threshold")} value={props.threshold} set={props.setThreshold} />
      </span>
    </>
  );
}

function Percent({
  value,
  set,
  name,
  isEmptyAtNone,
}: {
  value: number;
  set: (value: number) => void;
  name?: string;
  isEmptyAtNone?: boolean;
}) {
  return (
    <span class="percent">
      <input
        type="number"
        min="0"
        max="100"
        {...(name ? { "aria-label": name } : {})}
        value={isEmptyAtNone && value === 0 ? "" : Math.round(value * 100)}
        onInput={(event) => set(Math.min(100, Math.max(0, event.currentTarget.valueAsNumber || 0)) / 100)}
      />
      %
    </span>
  );
}

function SavingState({ desk }: { desk: Desk }) {
  const state = desk.saving;
  const words = !desk.writable && state === "saved" ? tell("read_only") : tell(state, desk.unsent);
  return (
    <span id="saving" class={`saving ${state}`} role="status">
      {words}
    </span>
  );
}
