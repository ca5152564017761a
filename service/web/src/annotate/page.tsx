// Which screen is shown is said by the address: ?task=…, or ?project=… and a view of it.

import { useEffect, useState } from "preact/hooks";
import type { Language } from "../shared/language";
import { ProjectScreen } from "./project";
import { TaskPage } from "./task";
import { type Asked, addressOf, isView } from "./views";
import { tell } from "./words";

const asked = (): Asked => {
  const told = new URLSearchParams(location.search);
  const view = told.get("view") ?? "";
  return { project: told.get("project") ?? "", task: told.get("task") ?? "", view: isView(view) ? view : "tasks" };
};

interface Shown {
  language: Language;
  me: string;
  reviews: boolean; // may make projects, give tasks to others and decide between them
}

export function Page({ language, me, reviews }: Shown) {
  const [now, setNow] = useState(asked);
  useEffect(() => {
    const moved = () => setNow(asked());
    addEventListener("popstate", moved);
    return () => removeEventListener("popstate", moved);
  }, []);
  useEffect(() => {
    document.body.classList.toggle("working", now.task !== "");
    if (!now.task) document.title = `${tell("title")} – chitieu`;
  }, [now.task, language]);
  const go = (next: Asked) => {
    history.pushState(null, "", addressOf(next));
    setNow(next);
  };
  return now.task ? (
    <TaskPage key={now.task} id={now.task} me={me} back={(project) => go({ project, task: "", view: "tasks" })} />
  ) : (
    <ProjectScreen
      asked={now.project}
      view={now.view}
      me={me}
      reviews={reviews}
      show={(project, view) => go({ project, task: "", view })}
      open={(task) => go({ project: "", task, view: "tasks" })}
    />
  );
}
