// A field that suggests indicators while one types (the ARIA pattern of an editable combobox with a list).

import { useEffect, useId, useRef, useState } from "preact/hooks";
import { inWords, say } from "../shared/language";
import { ask } from "../shared/session";
import type { Choice } from "./answer";
import { indicatorName } from "./written";

const PAUSE = 150; // milliseconds without a key before the service is asked
const MOST = 12;

async function suggestions(words: string, signal: AbortSignal): Promise<Choice[]> {
  const response = await ask(`/v1/indicators?${new URLSearchParams({ q: words, limit: String(MOST) })}`, { signal });
  return response.ok ? (await response.json()).indicators : [];
}

interface Field {
  text: string;
  typed: (text: string) => void;
  chosen: (choice: Choice) => void;
}

export function Combobox({ text, typed, chosen }: Field) {
  const id = useId();
  const [choices, setChoices] = useState<Choice[]>([]);
  const [isOpen, setIsOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const [sought, setSought] = useState("");
  const list = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (!sought.trim()) return setChoices([]);
    const stop = new AbortController();
    const timer = setTimeout(() => {
      suggestions(sought, stop.signal).then(
        (found) => {
          setChoices(found);
          setActive(-1);
          setIsOpen(true);
        },
        () => {}, // overtaken by the next letter; without a service the question itself tells
      );
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [sought]);
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: "nearest" });
  }, [active]);

  const shown = isOpen && choices.length > 0;
  const close = () => {
    setIsOpen(false);
    setActive(-1);
  };
  const take = (choice: Choice) => {
    close();
    setSought("");
    chosen(choice);
  };
  const keyed = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!choices.length) return;
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setIsOpen(true);
      // Past both ends comes the field itself.
      setActive(((active + 1 + step + choices.length + 1) % (choices.length + 1)) - 1);
    } else if (event.key === "Enter" && shown && active >= 0) {
      event.preventDefault();
      take(choices[active]!);
    } else if (event.key === "Escape" && shown) {
      event.preventDefault();
      close();
    }
  };
  return (
    <div class="combobox">
      <label for={`${id}-field`}>{say("indicator")}</label>
      <input
        id={`${id}-field`}
        name="indicator"
        type="text"
        role="combobox"
        aria-autocomplete="list"
        aria-expanded={shown}
        aria-controls={`${id}-list`}
        {...(active >= 0 ? { "aria-activedescendant": `${id}-${active}` } : {})}
        autocomplete="off"
        spellcheck={false}
        maxLength={200}
        required
        placeholder={say("indicator_hint")}
        value={text}
        onInput={(event) => {
          typed(event.currentTarget.value);
          setSought(event.currentTarget.value);
        }}
        onKeyDown={keyed}
        onBlur={close}
      />
      <div id={`${id}-list`} role="listbox" aria-label={say("suggestions")} hidden={!shown} ref={list}>
        {choices.map((choice, at) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: keys go to the field, which names the active one
          // biome-ignore lint/a11y/useFocusableInteractive: focus stays in the field
          <div
            key={choice.id}
            id={`${id}-${at}`}
            role="option"
            aria-selected={at === active}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => take(choice)}
          >
            {indicatorName(choice)}
            <small>{[choice.field, choice.units?.[0]].filter(Boolean).join(" · ")}</small>
          </div>
        ))}
      </div>
      <span class="unseen" role="status">
        {shown ? inWords("suggestions_count", String(choices.length)) : ""}
      </span>
    </div>
  );
}
