// A task: its text in view, the chosen span and the table beside it, and what keys, mouse and touch do.

import { useEffect, useMemo, useReducer, useRef, useState } from "preact/hooks";
import { current, half, inBoth } from "../shared/language";
import { ask, Refusal, refusalOf } from "../shared/session";
import { uuid } from "../shared/uuid";
import { Bar } from "./bar";
import { type Entry, isFigure, isPhrase, LABELS, type Label, type Operation, type TaskAnswer } from "./contract";
import { useDeciding } from "./deciding";
import { Desk, type Notice } from "./desk";
import { ConflictDialog, Help } from "./dialogs";
import { Blocks, domRange, selected } from "./document";
import { Decision, Differences, SidesView, useDuel } from "./duel";
import { counts } from "./fold";
import { GuidelinesPanel } from "./guidelines";
import { Inspector } from "./inspector";
import { EntryPicker, LinkPicker, type Option } from "./picker";
import { Positions, type Range } from "./positions";
import { Observations, useTable } from "./table";
import { adopted, type Held } from "./unsent";
import { blocksOf, type Filter, filled, isOn, isUnsure, matches, NO_FILTER, type Seen, scoreOf, seenOf } from "./view";
import { tell, tellCode } from "./words";

const THRESHOLD = "annotate-threshold";
const SAID = 4_000; // milliseconds that a message stays

interface Asked {
  id: string;
  me: string;
  back: (project: string) => void;
}

export function TaskPage({ id, me, back }: Asked) {
  const [opened, setOpened] = useState<{ answer: TaskAnswer; held: Held } | null>(null);
  const [message, setMessage] = useState("");
  const [again, setAgain] = useState(0);
  useEffect(() => {
    let isLeft = false;
    setMessage("");
    ask(`/v1/tasks/${id}`)
      .then(async (response) => {
        if (!response.ok) throw await refusalOf(response);
        const answer = await response.json();
        const held = await adopted(me, id);
        if (isLeft) held.release();
        else setOpened({ answer, held });
      })
      .catch((error) => setMessage(error instanceof Refusal ? error.message : inBoth("offline")));
    return () => {
      isLeft = true;
    };
  }, [id, me, again]);
  if (message) {
    return (
      <div class="queue">
        <p class="error" role="alert">
          {half(message)}
        </p>
        <button type="button" onClick={() => setAgain(again + 1)}>
          {tell("retry")}
        </button>{" "}
        <button type="button" onClick={() => back("")}>
          {tell("back")}
        </button>
      </div>
    );
  }
  return opened ? <Work {...opened} me={me} back={back} /> : <p class="quiet loading">{tell("loading")}</p>;
}

type Mode = "" | "link" | "entry" | "help";
type Draft = Range & { byKeys: boolean };

interface Worked {
  answer: TaskAnswer;
  held: Held;
  me: string;
  back: (project: string) => void;
}

function Work({ answer, held, me, back }: Worked) {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const [said, setSaid] = useState("");
  const [chosen, setChosen] = useState("");
  const [draft, setDraft] = useState<Draft | null>(null);
  const [mode, setMode] = useState<Mode>("");
  const [filter, setFilter] = useState<Filter>(NO_FILTER);
  const [threshold, setThreshold] = useState(keptThreshold);
  const [tab, setTab] = useState<"text" | "table">("text");
  const [isReading, setIsReading] = useState(false);
  const pane = useRef<HTMLElement>(null);
  const notice = (told: Notice) =>
    setSaid(told.is === "others" ? tell("others", told.by) : tell(told.is, half(tellCode("", told.message))));

  const positions = useMemo(() => new Positions(answer.text), [answer]);
  const made = useRef<Desk | null>(null);
  made.current ??= new Desk(answer, me, held, () => redraw(0), notice);
  const desk = made.current;
  useEffect(() => () => desk.close(), [desk]);

  const drawn = useRef({
    seen: [] as Seen[],
    byId: new Map<string, Seen>(),
    blocks: useMemo(() => blocksOf(positions, answer.sections), [positions, answer]),
    spans: null as unknown,
  });
  const state = drawn.current;
  state.seen = seenOf(desk.spans, positions, state.byId);
  state.byId = new Map(state.seen.map((one) => [one.span.id, one]));
  state.blocks = filled(state.blocks, state.seen);
  const { seen, byId, blocks } = state;
  const now = byId.get(chosen);
  // A figure in a phrase is linked by the phrase.
  const linked = now && isFigure(now.span.label) && now.phrase ? byId.get(now.phrase) : now;
  const table = useTable(answer.task.id, desk.revision);

  const duel = useDuel(answer, positions);
  const [isBeside, setIsBeside] = useState(duel !== null);

  const wordsOf = (span: string) => {
    const found = desk.spans.get(span);
    return found ? positions.slice(found.start, found.end).replace(/\s+/g, " ") : span;
  };
  const say = (words: string) => setSaid(words);

  const reveal = (span: string) => {
    const look = () => {
      const root = pane.current;
      const mark = root?.querySelector<HTMLElement>(`[data-span="${CSS.escape(span)}"]`);
      if (!root || !mark) return;
      const [box, around] = [mark.getBoundingClientRect(), root.getBoundingClientRect()];
      const bottom = Math.min(around.bottom, sheetTop()) - 30;
      if (box.top < around.top + 40 || box.bottom > bottom) {
        root.scrollTop += box.top - (around.top + (bottom - around.top) / 2.5);
      }
    };
    // What is above is laid out only once it is near: the place is right the second time.
    requestAnimationFrame(() => {
      look();
      requestAnimationFrame(look);
    });
  };
  const choose = (span: string) => {
    setChosen(span);
    setDraft(null);
    setMode("");
    if (span) reveal(span);
  };

  const perform = (operations: Operation[]): boolean => {
    if (!desk.writable || !operations.length) return false;
    const why = desk.perform(operations);
    if (why) say(tell(why));
    return why === null;
  };

  const deciding = useDeciding(duel, desk, perform, say);
  const { difference, standings, undecided } = deciding;
  const wanted = (one: Seen) =>
    isOn(filter)
      ? matches(one.span, filter, threshold)
      : (isFigure(one.span.label) || isPhrase(one.span.label)) && isUnsure(one.span, threshold);
  const step = (by: 1 | -1, fits: (one: Seen) => boolean): boolean => {
    const from = seen.findIndex((one) => one.span.id === chosen);
    const found = by === 1 ? seen.slice(from + 1).find(fits) : seen.slice(0, Math.max(from, 0)).findLast(fits);
    if (found) choose(found.span.id);
    return found !== undefined;
  };
  const walk = (by: 1 | -1) => {
    if (!step(by, wanted)) say(tell(isOn(filter) ? "nothing_found" : "nothing_unsure"));
  };

  const accept = () => {
    if (!now) return say(tell("no_choice"));
    if (perform([{ op: "accept", span: chosen }])) step(1, (one) => one.span.id !== chosen && wanted(one));
  };
  const reject = () => {
    if (!now) return say(tell("no_choice"));
    if (now.span.state === "rejected") perform([{ op: "restore", span: chosen }]);
    else if (now.span.origin === "person" && !answer.spans.some((one) => one.id === chosen)) {
      if (perform([{ op: "remove", span: chosen }])) setChosen("");
    } else perform([{ op: "reject", span: chosen }]);
  };
  const label = (to: Label) => {
    if (draft) {
      const span = `n-${uuid()}`;
      if (!perform([{ op: "add", span, label: to, start: draft.start, end: draft.end }])) return;
      getSelection()?.removeAllRanges();
      setDraft(null);
      return setChosen(span);
    }
    if (!now) return say(tell("no_choice"));
    if (now.span.label !== to) perform([{ op: "change", span: chosen, label: to }]);
  };
  const turnView = () => {
    setIsBeside(!isBeside);
    if (!isBeside || !difference) return;
    const inside = seen.filter((one) => one.span.start < difference.end && difference.start < one.span.end);
    const found = inside.find((one) => counts(one.span)) ?? inside[0];
    if (found) choose(found.span.id);
  };
  const isWithinMention = (point: number) =>
    seen.some(({ span }) => counts(span) && !isPhrase(span.label) && span.start < point && point < span.end);
  const edge = (which: "start" | "end", by: 1 | -1) => {
    const of = draft ?? now?.span;
    if (!of) return say(tell("no_choice"));
    let next = positions.moved({ start: of.start, end: of.end }, which, by);
    // A phrase takes in, or leaves out, a mention whole.
    while (next && !draft && now && isPhrase(now.span.label) && isWithinMention(next[which])) {
      next = positions.moved(next, which, by);
    }
    if (!next) return say(tell("no_word"));
    if (draft) setDraft({ ...next, byKeys: true });
    else perform([{ op: "change", span: chosen, ...next }]);
  };
  const link = (to: string | null) => {
    setMode("");
    if (linked && perform([{ op: "link", span: linked.span.id, to }])) pane.current?.focus({ preventScroll: true });
  };
  const setEntry = (entry: Entry | null, isAlias: boolean) => {
    setMode("");
    if (entry) desk.learn(entry);
    const alias = entry && isAlias ? { alias: wordsOf(chosen).slice(0, 300) } : {};
    if (perform([{ op: "entry", span: chosen, entry: entry?.id ?? "none", ...alias }])) {
      pane.current?.focus({ preventScroll: true });
    }
  };
  const beginLink = () => {
    if (!linked || linked.span.label === "UNIT" || linked.span.label === "PERIOD")
      return say(tell(linked ? "link_impossible" : "no_choice"));
    if (!counts(linked.span)) return say(tell("span_gone"));
    setDraft(null);
    setMode("link");
  };
  const beginEntry = () => {
    if (now?.span.label !== "INDICATOR") return say(tell(now ? "link_target" : "no_choice"));
    if (!counts(now.span)) return say(tell("span_gone"));
    setMode("entry");
  };
  const turn = (which: "undo" | "redo") => {
    const id = desk[which]();
    const span = id === null ? undefined : desk.spans.get(id);
    if (!span) return;
    choose(span.gone ? "" : span.id);
    const around = duel?.sides.differences.find((one) => one.start <= span.start && span.end <= one.end);
    if (around) deciding.choose(around.id);
  };
  const acceptScreen = () => {
    const ids = onScreen(pane.current).filter((one) => {
      const span = desk.spans.get(one);
      return (
        span?.state === "suggested" && scoreOf(span) >= threshold && (!isOn(filter) || matches(span, filter, threshold))
      );
    });
    if (perform(ids.map((span) => ({ op: "accept", span })))) say(tell("accepted_count", ids.length));
    else say(tell("accepted_count", 0));
  };
  const beginDraft = () => {
    const word = positions.word(now ? now.span.end : firstOnScreen(pane.current));
    if (word) setDraft({ ...word, byKeys: true });
  };
  const giveUp = () => {
    if (mode) setMode("");
    else if (draft) setDraft(null);
    else if (isReading) setIsReading(false);
    else if (isBeside) deciding.choose("");
    else setChosen("");
  };
  const moveDraft = (key: string, isShift: boolean) => {
    if (!draft) return;
    const by = key === "ArrowRight" ? 1 : -1;
    const next = isShift
      ? positions.moved(draft, "end", by)
      : by === 1
        ? positions.word(draft.end)
        : positions.word(draft.start, true);
    if (next) setDraft({ ...next, byKeys: true });
  };

  const keyed = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || mode === "help" || desk.conflict) return;
    const target = event.target as HTMLElement;
    const isTyping = target.matches("input:not([type=checkbox]), select, textarea");
    if (event.key === "Escape") {
      if (isTyping) target.blur();
      giveUp();
      return event.preventDefault();
    }
    if (isTyping || event.altKey) return;
    const key = event.key;
    if (event.ctrlKey || event.metaKey) {
      if (key.toLowerCase() === "z") turn(event.shiftKey ? "redo" : "undo");
      else if (key.toLowerCase() === "y") turn("redo");
      else return;
      return event.preventDefault();
    }
    if (key === "Enter" && target.matches("button, a, summary")) return;
    const everywhere: Record<string, () => void> = {
      u: () => turn("undo"),
      r: () => turn("redo"),
      g: () => setIsReading(!isReading),
      v: () => duel && turnView(),
      "?": () => setMode("help"),
    };
    const beside: Record<string, () => void> = {
      j: () => deciding.walk(1),
      k: () => deciding.walk(-1),
      ArrowRight: () => deciding.step(1, () => true),
      ArrowLeft: () => deciding.step(-1, () => true),
      t: () => deciding.decide("left"),
      p: () => deciding.decide("right"),
      s: () => deciding.decide("neither"),
    };
    const number = /^[1-8]$/.test(key) ? Number(key) : 0;
    if (everywhere[key]) everywhere[key]();
    else if (isBeside) {
      if (!beside[key]) return;
      beside[key]();
    } else if (number) label(LABELS[number - 1]!);
    else if (draft && (key === "ArrowRight" || key === "ArrowLeft")) moveDraft(key, event.shiftKey);
    else {
      const deeds: Record<string, () => void> = {
        j: () => walk(1),
        k: () => walk(-1),
        ArrowRight: () => step(1, () => true),
        ArrowLeft: () => step(-1, () => true),
        a: accept,
        Enter: accept,
        x: reject,
        Delete: reject,
        "[": () => edge("start", 1),
        "{": () => edge("start", -1),
        "]": () => edge("end", 1),
        "}": () => edge("end", -1),
        n: beginDraft,
        l: beginLink,
        e: beginEntry,
        A: acceptScreen,
        f: () => document.getElementById("filter-label")?.focus(),
      };
      const deed = deeds[key];
      if (!deed) return;
      deed();
    }
    event.preventDefault();
  };
  const handler = useRef(keyed);
  handler.current = keyed;

  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    addEventListener("keydown", (event) => handler.current(event), { signal });
    document.addEventListener(
      "selectionchange",
      () => {
        const range = pane.current && selected(pane.current, positions);
        if (range) setDraft({ ...range, byKeys: false });
      },
      { signal },
    );
    return () => stop.abort();
  }, [positions]);
  useEffect(() => {
    const leave = (event: BeforeUnloadEvent) => {
      if (desk.unsent) event.preventDefault();
    };
    addEventListener("beforeunload", leave);
    return () => removeEventListener("beforeunload", leave);
  }, [desk]);
  useEffect(() => {
    document.title = `${answer.task.document.name} – chitieu`;
    pane.current?.focus({ preventScroll: true });
  }, [answer]);
  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => setSaid(""), SAID);
    return () => clearTimeout(timer);
  }, [said]);
  useEffect(() => {
    const highlights = globalThis.CSS?.highlights;
    if (!highlights) return;
    const range = draft && pane.current ? domRange(pane.current, positions, draft) : null;
    if (range) highlights.set("draft", new Highlight(range));
    else highlights.delete("draft");
    if (draft?.byKeys) range?.startContainer.parentElement?.scrollIntoView({ block: "nearest" });
  }, [draft, positions]);

  const clicked = (event: MouseEvent) => {
    if (!getSelection()?.isCollapsed) return;
    const id = (event.target as Element).closest<HTMLElement>("[data-span]")?.dataset.span ?? "";
    if (mode === "link") {
      if (byId.get(id)?.span.label === "INDICATOR") link(id);
      else say(tell("link_target"));
      return;
    }
    const around = id === chosen ? byId.get(id)?.phrase : null;
    setDraft(null);
    setMode("");
    setChosen(around ?? id);
  };

  const options = (): Option[] => {
    if (!linked) return [];
    const { start, end, id } = linked.span;
    // What comes before is nearer than what comes after: reports name a thing, then its figures.
    const far = (one: Seen) => (one.span.end <= start ? start - one.span.end : 3 * Math.max(0, one.span.start - end));
    return seen
      .filter(
        (one) => counts(one.span) && one.span.label === "INDICATOR" && one.span.id !== id && one.span.id !== linked.to,
      )
      .sort((a, b) => far(a) - far(b))
      .map((one) => ({ id: one.span.id, name: wordsOf(one.span.id), about: around(one, positions) }));
  };

  const unsure = seen.filter((one) => isUnsure(one.span, threshold)).length;
  const reviewed = seen.filter((one) => one.span.state !== "suggested").length;
  const finish = async () => {
    try {
      const isOver = desk.task.state === "done" || desk.task.state === "adjudicated";
      if (!isOver && undecided) say(tell("not_decided", undecided));
      else if (!(await desk.setState(isOver ? "begun" : "done"))) say(tell("not_done", desk.unsent));
      else if (!isOver) back(answer.task.project);
    } catch (error) {
      say(half(error instanceof Refusal ? error.message : inBoth("offline")));
    }
  };

  return (
    <div class={`task show-${tab}${mode === "link" ? " linking" : ""}${isBeside ? " beside" : ""}`}>
      <Bar
        desk={desk}
        progress={
          duel
            ? tell("decided_count", standings.size - undecided, standings.size)
            : tell("progress", reviewed, seen.length, unsure)
        }
        duel={duel && { isBeside, turn: turnView }}
        read={() => setIsReading(!isReading)}
        found={isOn(filter) ? tell("found", seen.filter((one) => matches(one.span, filter, threshold)).length) : ""}
        filter={filter}
        setFilter={setFilter}
        threshold={threshold}
        setThreshold={(value) => {
          setThreshold(value);
          keepThreshold(value);
        }}
        tab={tab}
        setTab={setTab}
        acceptScreen={acceptScreen}
        turn={turn}
        walk={walk}
        help={() => setMode("help")}
        back={() => back(answer.task.project)}
        finish={finish}
      />
      {duel && isBeside && (
        <SidesView
          duel={duel}
          positions={positions}
          standings={standings}
          chosen={difference?.id ?? ""}
          choose={deciding.choose}
          side={deciding.side}
          setSide={deciding.setSide}
        />
      )}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the page's keys walk through the spans */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
      <article id="words" tabIndex={0} aria-label={tell("text")} ref={pane} onClick={clicked} hidden={isBeside}>
        <Blocks
          blocks={blocks}
          positions={positions}
          chosen={chosen}
          governs={linked?.to ?? ""}
          filter={filter}
          threshold={threshold}
          language={current()}
        />
      </article>
      <aside class={`chosen-pane${(isBeside ? difference : draft || now) ? " open" : ""}`} aria-label={tell("choice")}>
        {duel && isBeside ? (
          <Decision
            duel={duel}
            positions={positions}
            difference={difference}
            standing={standings.get(difference?.id ?? "") ?? "open"}
            writable={desk.writable}
            decide={deciding.decide}
            walk={deciding.walk}
            close={() => deciding.choose("")}
          />
        ) : mode === "link" && linked ? (
          <LinkPicker
            title={`${tell("link")}: ${wordsOf(linked.span.id)}`}
            options={options()}
            take={link}
            cancel={() => setMode("")}
          />
        ) : mode === "entry" && now ? (
          <EntryPicker words={wordsOf(chosen)} take={setEntry} cancel={() => setMode("")} />
        ) : (
          <Inspector
            seen={now}
            words={now ? wordsOf(chosen) : ""}
            target={linked?.to ? wordsOf(linked.to) : ""}
            draft={draft ? positions.slice(draft.start, draft.end) : null}
            writable={desk.writable}
            deeds={{
              accept,
              reject,
              label,
              edge,
              link: beginLink,
              entry: beginEntry,
              close: () => {
                getSelection()?.removeAllRanges();
                setDraft(null);
                setChosen("");
              },
            }}
          />
        )}
      </aside>
      <section class="table-pane" aria-label={tell(isBeside ? "differences" : "table")}>
        {duel && isBeside ? (
          <Differences
            duel={duel}
            positions={positions}
            standings={standings}
            chosen={difference?.id ?? ""}
            choose={(id) => {
              setTab("text");
              deciding.choose(id);
            }}
          />
        ) : (
          <Observations
            table={table}
            chosen={chosen}
            spanOf={(figure) =>
              figure.phrase ??
              seen.find((one) => one.span.start === figure.start && one.span.end === figure.end && counts(one.span))
                ?.span.id
            }
            choose={(span) => {
              setTab("text");
              choose(span);
            }}
          />
        )}
      </section>
      {isReading && <GuidelinesPanel words={answer.guidelines} close={() => setIsReading(false)} />}
      <p class={`said${said ? " open" : ""}`} role="status">
        {said}
      </p>
      {mode === "help" && <Help adjudicates={duel !== null} close={() => setMode("")} />}
      {desk.conflict && (
        <ConflictDialog
          conflict={desk.conflict}
          mine={desk.inConflict}
          wordsOf={wordsOf}
          keepMine={() => desk.keepMine().then(() => redraw(0))}
          takeTheirs={() => desk.takeTheirs().then(() => redraw(0))}
        />
      )}
    </div>
  );
}

function keptThreshold(): number {
  try {
    return Number(localStorage.getItem(THRESHOLD) ?? 0.8);
  } catch {
    return 0.8; // a browser that keeps nothing
  }
}

function keepThreshold(value: number): void {
  try {
    localStorage.setItem(THRESHOLD, String(value));
  } catch {
    // it holds until the page is left
  }
}

const CONTEXT = 30; // code points before and after an indicator that tell it from its namesakes

function around({ span }: Seen, positions: Positions): string {
  const before = positions.slice(Math.max(0, span.start - CONTEXT), span.start);
  const behind = positions.slice(span.end, span.end + CONTEXT);
  return `…${before}‹…›${behind}…`.replace(/\s+/g, " ");
}

/** Where the sheet of a phone covers the text from; far down where there is none. */
function sheetTop(): number {
  const sheet = document.querySelector<HTMLElement>(".chosen-pane");
  return sheet && getComputedStyle(sheet).position === "fixed" ? sheet.getBoundingClientRect().top : 1e6;
}

function onScreen(root: HTMLElement | null): string[] {
  if (!root) return [];
  const around = root.getBoundingClientRect();
  const bottom = Math.min(around.bottom, sheetTop());
  const isSeen = (node: Element) => {
    const box = node.getBoundingClientRect();
    return box.bottom > around.top && box.top < bottom;
  };
  return [...root.querySelectorAll(".words")]
    .filter(isSeen)
    .flatMap((words) => [...words.querySelectorAll<HTMLElement>("[data-span]")])
    .filter(isSeen)
    .map((mark) => mark.dataset.span!);
}

function firstOnScreen(root: HTMLElement | null): number {
  const top = root?.getBoundingClientRect().top ?? 0;
  const words = [...(root?.querySelectorAll<HTMLElement>(".words") ?? [])];
  return Number(words.find((one) => one.getBoundingClientRect().bottom > top)?.dataset.start ?? 0);
}
