// Documents into a project: files and pasted text are read and stored first, stored ones are chosen, annotated ones imported.

import { useEffect, useState } from "preact/hooks";
import type { Person, StoredDocument, Task } from "./contract";
import { addDocuments, type DocumentPage, importAnnotated, reasonOf, storeDocument, storedDocuments } from "./service";
import { tell } from "./words";

type Way = "nobody" | "one" | "two";

interface Shown {
  project: string;
  tasks: readonly Task[];
  people: readonly string[];
  added: () => void;
}

interface Line {
  name: string;
  state: "reading" | "added" | "failed";
  about: string;
}

export function Adding({ project, tasks, people, added }: Shown) {
  const [way, setWay] = useState<Way>("nobody");
  const [chosen, setChosen] = useState<[string, string]>(["", ""]);
  const [lines, setLines] = useState<Line[]>([]);
  const [isBusy, setIsBusy] = useState(false);
  const assign: Person[] =
    way === "nobody"
      ? [null]
      : way === "one"
        ? [chosen[0] || null]
        : // Two that are alike are two of nobody: whoever comes first takes the one, another the other.
          chosen.map((name) => name || null);

  /** One after another: each is told as it is done, and what fails stops none of the others. */
  const run = async <T,>(all: readonly T[], nameOf: (one: T) => string, work: (one: T) => Promise<string>) => {
    setIsBusy(true);
    for (const one of all) {
      let mine: Line | null = null;
      const told = (state: Line["state"], about: string) => {
        const [old, line] = [mine, { name: nameOf(one), state, about }];
        mine = line;
        setLines((before) => [...before.filter((other) => other !== old), line]);
      };
      told("reading", tell("reading"));
      try {
        told("added", await work(one));
      } catch (error) {
        told("failed", reasonOf(error));
      }
    }
    setIsBusy(false);
    added();
  };
  const add = async (documents: string[]) => tell("added_tasks", await addDocuments(project, documents, assign));
  const isTwice = way === "two" && chosen[0] !== "" && chosen[0] === chosen[1];

  return (
    <div class="adding">
      <fieldset class="card choices">
        <legend>{tell("assign")}</legend>
        {(["nobody", "one", "two"] as const).map((one) => (
          <label key={one}>
            <input type="radio" name="way" checked={way === one} onChange={() => setWay(one)} />
            {tell(`assign_${one}`)}
          </label>
        ))}
        {way !== "nobody" &&
          chosen.slice(0, way === "two" ? 2 : 1).map((name, at) => (
            <select
              key={at}
              aria-label={tell("assign_whom", at + 1)}
              value={name}
              onChange={(event) => {
                const next: [string, string] = [...chosen];
                next[at] = event.currentTarget.value;
                setChosen(next);
              }}
            >
              <option value="">{tell("whoever")}</option>
              {people.map((one) => (
                <option key={one} value={one}>
                  {one}
                </option>
              ))}
            </select>
          ))}
        {isTwice && <p role="alert">{tell("assign_twice")}</p>}
      </fieldset>
      <div class="sources">
        <Sent
          isOff={isBusy || isTwice}
          files={(files) =>
            run(
              files,
              (file) => file.name,
              async (file) => add([await storeDocument(file.name, file)]),
            )
          }
          text={(name, text) =>
            run(
              [text],
              () => name,
              async () => add([await storeDocument(name, text)]),
            )
          }
          annotated={(files) =>
            run(
              files,
              (file) => file.name,
              async (file) => tell("added_tasks", await importAnnotated(project, file)),
            )
          }
        />
        <Stored
          isOff={isBusy || isTwice}
          there={new Set(tasks.map((task) => task.document.id))}
          add={(documents) => run([documents], () => tell("chosen_count", documents.length), add)}
        />
      </div>
      {lines.length > 0 && (
        <ul class="lines" role="status">
          {lines.map((line, at) => (
            <li key={at} class={line.state}>
              <strong>{line.name}</strong> <span>{line.about}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

interface Sending {
  isOff: boolean;
  files: (files: File[]) => void;
  text: (name: string, text: string) => void;
  annotated: (files: File[]) => void;
}

function Sent({ isOff, files, text, annotated }: Sending) {
  const [name, setName] = useState("");
  const [words, setWords] = useState("");
  const picked = (take: (files: File[]) => void) => (event: Event) => {
    const field = event.currentTarget as HTMLInputElement;
    if (field.files?.length) take([...field.files]);
    field.value = "";
  };
  return (
    <section class="card">
      <h2>{tell("new_documents")}</h2>
      <label class="picked">
        {tell("upload")}
        <input type="file" id="upload" multiple disabled={isOff} onChange={picked(files)} />
      </label>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          text(name.trim() || tell("pasted"), words);
          setName("");
          setWords("");
        }}
      >
        <label>
          {tell("document_name")}
          <input type="text" id="paste-name" value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <label>
          {tell("paste")}
          <textarea
            id="paste"
            rows={5}
            required
            value={words}
            onInput={(event) => setWords(event.currentTarget.value)}
          />
        </label>
        <button type="submit" id="paste-add" disabled={isOff}>
          {tell("add_text")}
        </button>
      </form>
      <label class="picked">
        {tell("import_annotated")}
        <input type="file" id="import" multiple disabled={isOff} onChange={picked(annotated)} />
      </label>
      <p class="quiet hint">{tell("import_hint")}</p>
    </section>
  );
}

const PAUSE = 200; // milliseconds without a key before the service is asked

interface Choosing {
  isOff: boolean;
  there: ReadonlySet<string>;
  add: (documents: string[]) => void;
}

function Stored({ isOff, there, add }: Choosing) {
  const [words, setWords] = useState("");
  const [found, setFound] = useState<DocumentPage>({ documents: [], next: null });
  const [chosen, setChosen] = useState<ReadonlyMap<string, string>>(new Map());
  const [message, setMessage] = useState("");
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(
      () =>
        storedDocuments(words.trim(), null, stop.signal).then(
          (page) => {
            setFound(page);
            setMessage("");
          },
          (error) => stop.signal.aborted || setMessage(reasonOf(error)),
        ),
      words ? PAUSE : 0,
    );
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [words, there.size]);
  const more = () =>
    storedDocuments(words.trim(), found.next, new AbortController().signal).then(
      (page) => setFound({ documents: [...found.documents, ...page.documents], next: page.next }),
      (error) => setMessage(reasonOf(error)),
    );
  const turn = (one: StoredDocument) => {
    const next = new Map(chosen);
    if (!next.delete(one.id)) next.set(one.id, one.name);
    setChosen(next);
  };
  return (
    <section class="card">
      <h2>{tell("stored_documents")}</h2>
      <input
        type="text"
        id="stored-search"
        placeholder={tell("search_name")}
        aria-label={tell("search_name")}
        value={words}
        onInput={(event) => setWords(event.currentTarget.value)}
      />
      {message && <p role="alert">{message}</p>}
      {found.documents.length === 0 && !message && <p class="quiet">{tell("none_found")}</p>}
      <ul class="stored">
        {found.documents.map((one) => (
          <li key={one.id}>
            <label>
              <input type="checkbox" checked={chosen.has(one.id)} onChange={() => turn(one)} />
              <span>
                {one.name}
                <small>
                  {[
                    there.has(one.id) ? tell("there_already") : "",
                    `${tell("figures")}: ${one.figures}`,
                    new Date(one.stored_at).toLocaleDateString(document.documentElement.lang),
                  ]
                    .filter(Boolean)
                    .join(" · ")}
                </small>
              </span>
            </label>
          </li>
        ))}
      </ul>
      {found.next && (
        <button type="button" class="more" onClick={more}>
          {tell("more")}
        </button>
      )}
      <button
        type="submit"
        id="stored-add"
        disabled={isOff || chosen.size === 0}
        onClick={() => {
          add([...chosen.keys()]);
          setChosen(new Map());
        }}
      >
        {tell("add_chosen", chosen.size)}
      </button>
    </section>
  );
}
