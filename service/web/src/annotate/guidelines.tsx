// The guidelines beside the work: a project's own, a text or where they are, or those of the workbench.

import type { Token } from "marked";
import { useEffect, useRef, useState } from "preact/hooks";
import { Markdown } from "./markdown";
import { tell } from "./words";

interface Shown {
  words: string | null;
  close: () => void;
}

export function GuidelinesPanel({ words, close }: Shown) {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => panel.current?.focus({ preventScroll: true }), []);
  return (
    <aside
      class="guidelines"
      aria-label={tell("guidelines")}
      tabIndex={-1}
      ref={panel}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        close();
      }}
    >
      <div class="dialog-head">
        <h2>{tell("guidelines")}</h2>
        <button type="button" class="plain close" aria-label={tell("close")} onClick={close}>
          ×
        </button>
      </div>
      {words ? <Own words={words} /> : <Common />}
    </aside>
  );
}

function Own({ words }: { words: string }) {
  return /^https?:\/\/\S+$/.test(words) ? (
    <p>
      <a href={words} target="_blank" rel="noreferrer">
        {words}
      </a>
    </p>
  ) : (
    <p class="own">{words}</p>
  );
}

function Common() {
  const [tokens, setTokens] = useState<Token[] | null>(null);
  const [isLost, setIsLost] = useState(false);
  useEffect(() => {
    import("../../../../docs/guidelines-vi.md").then(
      (read) => setTokens(read.default.slice(1)), // the title stands above already
      () => setIsLost(true),
    );
  }, []);
  if (isLost) return <p role="status">{tell("offline")}</p>;
  return tokens ? (
    <div lang="vi">
      <Markdown tokens={tokens} />
    </div>
  ) : (
    <p class="quiet">{tell("loading")}</p>
  );
}
