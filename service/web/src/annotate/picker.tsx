// A list to choose from by a digit, by Enter, by pointing, or by typing a part of a name.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { plain } from "../shared/dom";
import { ask } from "../shared/session";
import type { Entry } from "./contract";
import { tell } from "./words";

export interface Option {
  id: string;
  name: string;
  about: string;
}

interface Asked {
  title: string;
  hint: string;
  options: Option[];
  none: string;
  alias?: string;
  typed: (words: string) => void;
  take: (id: string | null, isAlias: boolean) => void;
  cancel: () => void;
  message?: string;
}

function Picker({ title, hint, options, none, alias, typed, take, cancel, message }: Asked) {
  const [words, setWords] = useState("");
  const [active, setActive] = useState(0);
  const [isAlias, setIsAlias] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => field.current?.focus(), []); // before the next key, however soon that comes
  useEffect(() => list.current?.children[active]?.scrollIntoView({ block: "nearest" }), [active]);
  const at = Math.min(active, Math.max(0, options.length - 1));
  const keyed = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    const digit = words === "" && /^[0-9]$/.test(event.key) ? Number(event.key) : -1;
    if (digit === 0) take(null, false);
    else if (digit > 0) options[digit - 1] && take(options[digit - 1]!.id, isAlias);
    else if (event.key === "Enter")
      options[at] && take(options[at].id, alias !== undefined && (isAlias || event.shiftKey));
    else if (event.key === "Escape") cancel();
    else if (event.key === "ArrowDown") setActive(Math.min(at + 1, options.length - 1));
    else if (event.key === "ArrowUp") setActive(Math.max(at - 1, 0));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="picker" role="dialog" aria-label={title}>
      <div class="picker-head">
        <strong>{title}</strong>
        <button type="button" class="plain" onClick={cancel}>
          {tell("cancel")}
        </button>
      </div>
      <input
        ref={field}
        type="text"
        role="combobox"
        aria-label={hint}
        aria-expanded="true"
        aria-controls="picker-list"
        aria-autocomplete="list"
        {...(options.length ? { "aria-activedescendant": `picker-${at}` } : {})}
        placeholder={hint}
        autocomplete="off"
        spellcheck={false}
        value={words}
        onKeyDown={keyed}
        onInput={(event) => {
          setWords(event.currentTarget.value);
          setActive(0);
          typed(event.currentTarget.value);
        }}
      />
      {alias !== undefined && (
        <label class="alias">
          <input type="checkbox" checked={isAlias} onChange={(event) => setIsAlias(event.currentTarget.checked)} />
          {tell("as_alias", alias)}
        </label>
      )}
      {message && <p role="status">{message}</p>}
      <div id="picker-list" role="listbox" aria-label={title} ref={list}>
        {options.map((one, number) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: keys go to the field, which names the active one
          // biome-ignore lint/a11y/useFocusableInteractive: focus stays in the field
          <div
            key={one.id}
            id={`picker-${number}`}
            role="option"
            aria-selected={number === at}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => take(one.id, isAlias)}
          >
            {number < 9 && <kbd>{number + 1}</kbd>}
            <span>
              {one.name}
              {one.about && <small>{one.about}</small>}
            </span>
          </div>
        ))}
      </div>
      <button type="button" class="none" onClick={() => take(null, false)}>
        <kbd>0</kbd> {none}
      </button>
    </div>
  );
}

interface Linking {
  title: string;
  options: Option[]; // nearest first
  take: (id: string | null) => void;
  cancel: () => void;
}

export function LinkPicker({ title, options, take, cancel }: Linking) {
  const [words, setWords] = useState("");
  const sought = plain(words.trim());
  const found = options.filter((one) => plain(one.name).includes(sought)).slice(0, 60);
  return (
    <Picker
      title={title}
      hint={tell("link_hint")}
      options={found}
      none={tell("unlink")}
      typed={setWords}
      take={(id) => take(id)}
      cancel={cancel}
    />
  );
}

interface Choosing {
  words: string; // of the span: what is searched for at first
  take: (entry: Entry | null, isAlias: boolean) => void;
  cancel: () => void;
}

const PAUSE = 150; // milliseconds without a key before the service is asked

export function EntryPicker({ words, take, cancel }: Choosing) {
  const [sought, setSought] = useState("");
  const [options, setOptions] = useState<Option[]>([]);
  const [isCut, setIsCut] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(
      async () => {
        const query = new URLSearchParams({ q: (sought.trim() || words).slice(0, 200), limit: "12" });
        try {
          const response = await ask(`/v1/indicators?${query}`, { signal: stop.signal });
          if (!response.ok) return setIsCut(true);
          const { indicators }: { indicators: { id: string; name_vi: string; field: string; units: string[] }[] } =
            await response.json();
          setOptions(
            indicators.map(({ id, name_vi: name, field, units }) => ({
              id,
              name,
              about: [field, units[0]].filter(Boolean).join(" · "),
            })),
          );
          setIsCut(false);
        } catch {
          if (!stop.signal.aborted) setIsCut(true);
        }
      },
      sought ? PAUSE : 0,
    );
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [sought, words]);
  return (
    <Picker
      title={tell("entry")}
      hint={tell("entry_hint")}
      options={options}
      none={tell("entry_none")}
      alias={words}
      typed={setSought}
      take={(id, isAlias) => take(options.find((one) => one.id === id) ?? null, isAlias)}
      cancel={cancel}
      message={isCut ? tell("offline_search") : ""}
    />
  );
}
