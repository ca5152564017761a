// What a project is called, by which guidelines it is annotated, and in which order.

import { useState } from "preact/hooks";
import type { Project } from "./contract";
import { changeProject, makeProject } from "./service";
import { tell } from "./words";

interface Asked {
  project: Project | null; // null: a new one
  saved: (project: Project) => void;
  cancel: () => void;
  failed: (error: unknown) => void;
}

export function ProjectForm({ project, saved, cancel, failed }: Asked) {
  const [name, setName] = useState(project?.name ?? "");
  const [guidelines, setGuidelines] = useState(project?.guidelines ?? "");
  const [order, setOrder] = useState<Project["order"]>(project?.order ?? "learn");
  const [isSent, setIsSent] = useState(false);
  const send = async (event: Event) => {
    event.preventDefault();
    setIsSent(true);
    const words = { name: name.trim(), guidelines: guidelines.trim() || null, order };
    try {
      saved(project ? await changeProject(project.id, words) : await makeProject(words));
    } catch (error) {
      failed(error);
    }
    setIsSent(false);
  };
  return (
    <form class="card" onSubmit={send}>
      <h2>{tell(project ? "view_settings" : "new_project")}</h2>
      <label>
        {tell("project_name")}
        <input
          type="text"
          id="project-name"
          required
          maxLength={200}
          pattern=".*\S.*"
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <fieldset class="choices">
        <legend>{tell("order")}</legend>
        {(["learn", "added"] as const).map((one) => (
          <label key={one}>
            <input type="radio" name="order" checked={order === one} onChange={() => setOrder(one)} />
            {tell(`order_${one}`)}
          </label>
        ))}
      </fieldset>
      <label>
        {tell("own_guidelines")}
        <textarea
          id="project-guidelines"
          rows={6}
          maxLength={200_000}
          value={guidelines}
          onInput={(event) => setGuidelines(event.currentTarget.value)}
        />
      </label>
      <p class="quiet hint">{tell("own_guidelines_hint")}</p>
      <div class="actions">
        <button type="submit" disabled={isSent}>
          {tell(project ? "save" : "make")}
        </button>
        <button type="button" onClick={cancel}>
          {tell("cancel")}
        </button>
      </div>
    </form>
  );
}
