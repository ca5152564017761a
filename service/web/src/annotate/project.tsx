// A project: how far it is, what comes next, and its screens.

import { useEffect, useState } from "preact/hooks";
import { Adding } from "./adding";
import { AgreementView } from "./agreement";
import type { Project, Task } from "./contract";
import { Exporting } from "./exporting";
import { GuidelinesPanel } from "./guidelines";
import { ProgressView } from "./progress";
import { ProjectForm } from "./project-form";
import { annotators, everyTask, projects as listed, reasonOf, takeNext } from "./service";
import { TaskList } from "./tasks";
import { FOR_ALL, TABS, type View } from "./views";
import { tell } from "./words";

interface Shown {
  asked: string; // id of the project in the address
  view: View;
  me: string;
  reviews: boolean;
  show: (project: string, view: View) => void;
  open: (task: string) => void;
}

export function ProjectScreen({ asked, view, me, reviews, show, open }: Shown) {
  const [projects, setProjects] = useState<Project[] | null>(null);
  const [tasks, setTasks] = useState<Task[] | null>(null);
  const [people, setPeople] = useState<string[]>([]);
  const [message, setMessage] = useState("");
  const [isEmpty, setIsEmpty] = useState(false);
  const [isReading, setIsReading] = useState(false);
  const failed = (error: unknown) => setMessage(reasonOf(error));
  const chosen = view === "new" ? undefined : (projects?.find((one) => one.id === asked) ?? projects?.[0]);

  const refresh = async () => {
    try {
      setProjects(await listed());
      if (chosen) setTasks(await everyTask(chosen.id));
    } catch (error) {
      failed(error);
    }
  };
  useEffect(() => {
    refresh();
    if (reviews) annotators().then(setPeople, failed);
  }, []);
  useEffect(() => {
    setTasks(null);
    setIsEmpty(false);
    if (chosen) everyTask(chosen.id).then(setTasks, failed);
  }, [chosen?.id]);
  useEffect(() => {
    setMessage("");
    document.querySelector(".views [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [view, asked]);

  const next = async () => {
    try {
      const task = await takeNext(chosen!.id);
      if (task) open(task.id);
      else setIsEmpty(true);
    } catch (error) {
      failed(error);
    }
  };
  const saved = (project: Project) => {
    setProjects([project, ...(projects ?? []).filter((one) => one.id !== project.id)]);
    show(project.id, view === "new" ? "add" : "tasks");
  };

  const views = reviews ? TABS : FOR_ALL;
  return (
    <div class="queue">
      {message && (
        <p class="error" role="alert">
          {message}
        </p>
      )}
      {projects?.length === 0 && view !== "new" && (
        <section class="project">
          <p class="quiet">{tell(reviews ? "no_projects_yet" : "no_projects")}</p>
          {reviews && (
            <button type="submit" onClick={() => show("", "new")}>
              {tell("new_project")}
            </button>
          )}
        </section>
      )}
      {view === "new" && reviews && (
        <ProjectForm project={null} saved={saved} cancel={() => show(asked, "tasks")} failed={failed} />
      )}
      {chosen && (
        <>
          <Head
            projects={projects ?? []}
            chosen={chosen}
            choose={(project) => show(project, view)}
            next={next}
            isEmpty={isEmpty}
            read={() => setIsReading(true)}
            make={reviews ? () => show(chosen.id, "new") : null}
          />
          <nav class="views" aria-label={tell("project")}>
            {views.map((one) => (
              <button
                key={one}
                type="button"
                aria-current={one === view ? "page" : undefined}
                onClick={() => show(chosen.id, one)}
              >
                {tell(`view_${one}`)}
              </button>
            ))}
          </nav>
          {view === "tasks" && (
            <TaskList tasks={tasks} people={people} me={me} reviews={reviews} open={open} changed={refresh} />
          )}
          {view === "add" && reviews && (
            <Adding key={chosen.id} project={chosen.id} tasks={tasks ?? []} people={people} added={refresh} />
          )}
          {view === "progress" && <ProgressView key={chosen.id} project={chosen.id} failed={failed} />}
          {view === "agreement" && reviews && (
            <AgreementView key={chosen.id} project={chosen.id} me={me} open={open} failed={failed} />
          )}
          {view === "export" && reviews && <Exporting project={chosen} people={people} failed={failed} />}
          {view === "settings" && reviews && (
            <ProjectForm
              key={chosen.id}
              project={chosen}
              saved={saved}
              cancel={() => show(chosen.id, "tasks")}
              failed={failed}
            />
          )}
        </>
      )}
      {isReading && chosen && <GuidelinesPanel words={chosen.guidelines} close={() => setIsReading(false)} />}
    </div>
  );
}

interface Headed {
  projects: readonly Project[];
  chosen: Project;
  choose: (project: string) => void;
  next: () => void;
  isEmpty: boolean;
  read: () => void;
  make: (() => void) | null;
}

function Head({ projects, chosen, choose, next, isEmpty, read, make }: Headed) {
  const all = Object.values(chosen.tasks).reduce((sum, one) => sum + one, 0);
  const finished = chosen.tasks.done + chosen.tasks.adjudicated;
  return (
    <section class="project">
      <label>
        {tell("project")}
        <select value={chosen.id} onChange={(event) => choose(event.currentTarget.value)}>
          {projects.map((one) => (
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
      <button type="button" onClick={read}>
        {tell("guidelines")}
      </button>
      {make && (
        <button type="button" onClick={make}>
          {tell("new_project")}
        </button>
      )}
      {isEmpty && <p role="status">{tell("none_next")}</p>}
    </section>
  );
}
