// The annotations of a project as a file: in which format, as of when, and of whom.

import { useState } from "preact/hooks";
import { save } from "../shared/dom";
import type { Project } from "./contract";
import { exported } from "./service";
import { tell } from "./words";

// docs/annotation-formats.md says what each is.
const FORMATS = ["jsonl", "xml", "label-studio", "doccano", "conll", "docbin"] as const;

interface Shown {
  project: Project;
  people: readonly string[];
  failed: (error: unknown) => void;
}

export function Exporting({ project, people, failed }: Shown) {
  const [format, setFormat] = useState<string>("jsonl");
  const [at, setAt] = useState("");
  const [isDone, setIsDone] = useState(false);
  const [annotator, setAnnotator] = useState("");
  const [isSent, setIsSent] = useState(false);
  const send = async (event: Event) => {
    event.preventDefault();
    setIsSent(true);
    try {
      const { content, suffix } = await exported(project.id, {
        format,
        at: at ? new Date(at) : null, // of this machine's zone
        isDone,
        annotator,
      });
      save(content, project.name.replace(/[\\/:*?"<>|]+/g, "-") + suffix);
    } catch (error) {
      failed(error);
    }
    setIsSent(false);
  };
  return (
    <form class="card" onSubmit={send}>
      <h2>{tell("view_export")}</h2>
      <div class="fields">
        <label>
          {tell("format")}
          <select id="export-format" value={format} onChange={(event) => setFormat(event.currentTarget.value)}>
            {FORMATS.map((one) => (
              <option key={one} value={one}>
                {tell(`format_${one}`)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {tell("as_of")}
          <input
            type="datetime-local"
            id="export-at"
            step="1"
            value={at}
            onInput={(event) => setAt(event.currentTarget.value)}
          />
        </label>
        <label>
          {tell("of_whom")}
          <select value={annotator} onChange={(event) => setAnnotator(event.currentTarget.value)}>
            <option value="">{tell("everybody")}</option>
            {people.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
      </div>
      <label class="check">
        <input
          type="checkbox"
          id="export-done"
          checked={isDone}
          onChange={(event) => setIsDone(event.currentTarget.checked)}
        />
        {tell("done_only")}
      </label>
      <p class="quiet hint">{tell("export_hint")}</p>
      <button type="submit" id="export" disabled={isSent}>
        {tell("export")}
      </button>
    </form>
  );
}
