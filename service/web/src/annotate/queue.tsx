// Projects, and in the chosen one the tasks of who asks and those of nobody.

import { useEffect, useState } from "preact/hooks";
import { half, inBoth } from "../shared/language";
import { ask, Refusal, refusalOf } from "../shared/session";
import type { Project, Task } from "./contract";
import { tell, tellCode } from "./words";

async function answer<T>(address: string, options: RequestInit = {}): Promise<T> {
  const response = await ask(address, options);
  if (!response.ok) throw await refusalOf(response);
  return response.json();
}

async function everyTask(project: string): Promise<Task[]> {
  const found: Task[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const query = new URLSearchParams({ limit: "200", ...(cursor ? { cursor } : {}) });
    const page: { tasks: Task[]; next: string | null } = await answer(`/v1/projects/${project}/tasks?${query}`);
    found.push(...page.tasks);
    cursor = page.next;
  }
  return found;
}

interface Asked {
  project: string;
  me: string;
  choose: (project: string) => void;
  open: (task: string) => void;
}

export function Queue({ project, me, choose, open }: Asked) {
  const [projects, setProjects] = useState<Project[] | null>(null);
  const [tasks, setTasks] = useState<Task[] | null>(null);
  const [message, setMessage] = useState("");
  const [isEmpty, setIsEmpty] = useState(false);
  const failed = (error: unknown) => setMessage(error instanceof Refusal ? error.message : inBoth("offline"));
  const chosen = projects?.find((one) => one.id === project) ?? projects?.[0];

  useEffect(() => {
    answer<{ projects: Project[] }>("/v1/projects").then((told) => setProjects(told.projects), failed);
  }, []);
  useEffect(() => {
    setTasks(null);
    setIsEmpty(false);
    if (chosen) everyTask(chosen.id).then(setTasks, failed);
  }, [chosen?.id]);

  const next = async () => {
    try {
      const { task } = await answer<{ task: Task | null }>(`/v1/projects/${chosen!.id}/next`, { method: "POST" });
      if (task) open(task.id);
      else setIsEmpty(true);
    } catch (error) {
      failed(error);
    }
  };

  const all = chosen ? Object.values(chosen.tasks).reduce((sum, one) => sum + one, 0) : 0;
  const finished = chosen ? chosen.tasks.done + chosen.tasks.adjudicated : 0;
  const order = ["begun", "open", "done", "adjudicated"];
  const mine = tasks
    ?.filter((one) => one.assignee === me)
    .sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  const free = tasks?.filter((one) => one.assignee === null && one.state === "open");
  return (
    <div class="queue">
      {message && (
        <p class="error" role="alert">
          {half(message)}
        </p>
      )}
      {projects?.length === 0 && <p class="quiet">{tell("no_projects")}</p>}
      {chosen && (
        <>
          <section class="project">
            <label>
              {tell("project")}
              <select value={chosen.id} onChange={(event) => choose(event.currentTarget.value)}>
                {projects?.map((one) => (
                  <option key={one.id} value={one.id}>
                    {one.name}
                  </option>
                ))}
              </select>
            </label>
            <div class="how-far">
              <progress max={all || 1} value={finished} aria-label={tell("project_progress", finished, all)} />
              <span>{tell("project_progress", finished, all)}</span>
            </div>
            <button type="submit" id="next" onClick={next}>
              {tell("next_document")}
            </button>
            {isEmpty && <p role="status">{tell("none_next")}</p>}
            {chosen.guidelines && <Guidelines words={chosen.guidelines} />}
          </section>
          <h2>{tell("my_tasks")}</h2>
          {tasks === null && !message && <p class="quiet">{tell("loading")}</p>}
          {mine && (mine.length ? <Tasks tasks={mine} open={open} /> : <p class="quiet">{tell("no_tasks")}</p>)}
          {free && free.length > 0 && (
            <>
              <h2>{tell("free_tasks")}</h2>
              <Tasks tasks={free} open={open} />
            </>
          )}
        </>
      )}
    </div>
  );
}

export function Guidelines({ words }: { words: string }) {
  return (
    <details class="guidelines">
      <summary>{tell("guidelines")}</summary>
      {/^https?:\/\/\S+$/.test(words) ? (
        <a href={words} target="_blank" rel="noreferrer">
          {words}
        </a>
      ) : (
        <p>{words}</p>
      )}
    </details>
  );
}

function Tasks({ tasks, open }: { tasks: Task[]; open: (task: string) => void }) {
  return (
    <ul class="tasks">
      {tasks.map((task) => (
        <li key={task.id}>
          <a
            href={`/annotate?task=${task.id}`}
            onClick={(event) => {
              if (event.ctrlKey || event.metaKey || event.shiftKey) return;
              event.preventDefault();
              open(task.id);
            }}
          >
            <strong>{task.document.name}</strong>
            <span class={`task-state ${task.state}`}>{tellCode("state_", task.state)}</span>
            <small>
              {[
                task.kind === "adjudicate" ? tell("adjudication") : "",
                task.blind ? tell("blind") : "",
                `${tell("spans")}: ${task.spans}`,
                `${tell("unsure")}: ${task.unsure}`,
                `${tell("corrections")}: ${task.revision}`,
              ]
                .filter(Boolean)
                .join(" · ")}
            </small>
          </a>
        </li>
      ))}
    </ul>
  );
}
