// The tasks of a project: one's own, those of nobody, and for reviewers those of others; whose each is, and how far.

import { useState } from "preact/hooks";
import { plain } from "../shared/dom";
import type { Person, Task, TaskState } from "./contract";
import { changeTask, reasonOf } from "./service";
import { addressOf } from "./views";
import { tell, tellCode } from "./words";

const STATES: readonly TaskState[] = ["begun", "open", "done", "adjudicated"];
const ROWS = 200; // drawn at once
const EVERYBODY = "*";
const NOBODY = ""; // no account is called so

interface Shown {
  tasks: Task[] | null;
  people: readonly string[];
  me: string;
  reviews: boolean;
  open: (task: string) => void;
  changed: () => void;
}

const isOver = (task: Task): boolean => task.state === "done" || task.state === "adjudicated";

export function TaskList({ tasks, people, me, reviews, open, changed }: Shown) {
  const [state, setState] = useState<TaskState | "">("");
  const [whose, setWhose] = useState(EVERYBODY);
  const [words, setWords] = useState("");
  const [limit, setLimit] = useState(ROWS);
  const [message, setMessage] = useState("");
  if (tasks === null) return <p class="quiet">{tell("loading")}</p>;

  const change = async (task: Task, what: { assignee?: Person; state?: "begun" }) => {
    setMessage("");
    try {
      await changeTask(task.id, what);
    } catch (error) {
      setMessage(reasonOf(error));
    }
    changed();
  };
  const sought = plain(words.trim());
  const found = tasks
    .filter(
      (task) =>
        (state === "" || task.state === state) &&
        (whose === EVERYBODY || (task.assignee ?? NOBODY) === whose) &&
        plain(task.document.name).includes(sought),
    )
    .sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state));
  const groups = [
    { name: tell("my_tasks"), tasks: found.filter((one) => one.assignee === me) },
    { name: tell("free_tasks"), tasks: found.filter((one) => one.assignee === null && !isOver(one)) },
    {
      name: tell("others_tasks"),
      tasks: found.filter((one) => reviews && one.assignee !== me && (one.assignee !== null || isOver(one))),
    },
  ];
  const names = [...new Set([...people, ...tasks.flatMap((one) => one.assignee ?? [])])].sort();
  let left = limit;
  return (
    <>
      <div class="sieve">
        <input
          type="text"
          placeholder={tell("search_name")}
          aria-label={tell("search_name")}
          value={words}
          onInput={(event) => setWords(event.currentTarget.value)}
        />
        <select
          aria-label={tell("state")}
          value={state}
          onChange={(event) => setState(event.currentTarget.value as TaskState | "")}
        >
          <option value="">{tell("every_state")}</option>
          {STATES.map((one) => (
            <option key={one} value={one}>
              {tellCode("state_", one)}
            </option>
          ))}
        </select>
        {reviews && (
          <select aria-label={tell("assignee")} value={whose} onChange={(event) => setWhose(event.currentTarget.value)}>
            <option value={EVERYBODY}>{tell("everybody")}</option>
            <option value={NOBODY}>{tell("nobody")}</option>
            {names.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        )}
        <span class="quiet">{tell("task_count", found.length)}</span>
      </div>
      {message && (
        <p class="error" role="alert">
          {message}
        </p>
      )}
      {groups.map((group) => {
        const shown = group.tasks.slice(0, Math.max(0, left));
        left -= shown.length;
        return shown.length > 0 ? (
          <section key={group.name}>
            <h2>{group.name}</h2>
            <ul class="tasks">
              {shown.map((task) => (
                <Row key={task.id} task={task} names={names} me={me} reviews={reviews} open={open} change={change} />
              ))}
            </ul>
          </section>
        ) : null;
      })}
      {groups.every((group) => !group.tasks.length) && <p class="quiet">{tell("no_tasks")}</p>}
      {found.length > limit && (
        <button type="button" class="more" onClick={() => setLimit(limit + 5 * ROWS)}>
          {tell("more")}
        </button>
      )}
    </>
  );
}

interface Rowed {
  task: Task;
  names: readonly string[];
  me: string;
  reviews: boolean;
  open: (task: string) => void;
  change: (task: Task, what: { assignee?: Person; state?: "begun" }) => void;
}

function Row({ task, names, me, reviews, open, change }: Rowed) {
  const about = [
    task.kind === "adjudicate" ? tell("adjudication") : "",
    task.blind ? tell("blind") : "",
    `${tell("spans")}: ${task.spans}`,
    `${tell("unsure")}: ${task.unsure}`,
    `${tell("corrections")}: ${task.revision}`,
  ];
  const isMine = task.assignee === me;
  return (
    <li>
      <a
        href={addressOf({ project: "", task: task.id, view: "tasks" })}
        onClick={(event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey) return;
          event.preventDefault();
          open(task.id);
        }}
      >
        <strong>{task.document.name}</strong>
        <small>{about.filter(Boolean).join(" · ")}</small>
      </a>
      <span class={`task-state ${task.state}`}>{tellCode("state_", task.state)}</span>
      <span class="deeds">
        {!isOver(task) && task.assignee === null && (
          <button type="button" onClick={() => change(task, { assignee: me })}>
            {tell("take")}
          </button>
        )}
        {!isOver(task) && isMine && (
          <button type="button" onClick={() => change(task, { assignee: null })}>
            {tell("give_back")}
          </button>
        )}
        {task.state === "done" && (isMine || reviews) && (
          <button type="button" onClick={() => change(task, { state: "begun" })}>
            {tell("reopen")}
          </button>
        )}
        {reviews && !isOver(task) && (
          <select
            aria-label={`${tell("assignee")}: ${task.document.name}`}
            value={task.assignee ?? NOBODY}
            onChange={(event) => {
              const name = event.currentTarget.value;
              event.currentTarget.value = task.assignee ?? NOBODY; // as it is until the service has taken it
              change(task, { assignee: name || null });
            }}
          >
            <option value={NOBODY}>{tell("nobody")}</option>
            {names.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        )}
        {isOver(task) && task.assignee !== null && <span class="quiet">{task.assignee}</span>}
      </span>
    </li>
  );
}
