// Which of the two is shown is said by the address: ?task=… or ?project=….

import { useEffect, useState } from "preact/hooks";
import type { Language } from "../shared/language";
import { Queue } from "./queue";
import { TaskPage } from "./task";
import { tell } from "./words";

interface Asked {
  project: string;
  task: string;
}

const asked = (): Asked => {
  const told = new URLSearchParams(location.search);
  return { project: told.get("project") ?? "", task: told.get("task") ?? "" };
};

export function Page({ language, me }: { language: Language; me: string }) {
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
    const given = Object.entries(next).filter(([, value]) => value);
    history.pushState(null, "", `/annotate${given.length ? `?${new URLSearchParams(given)}` : ""}`);
    setNow(next);
  };
  return now.task ? (
    <TaskPage key={now.task} id={now.task} me={me} back={(project) => go({ project, task: "" })} />
  ) : (
    <Queue
      project={now.project}
      me={me}
      choose={(project) => go({ project, task: "" })}
      open={(task) => go({ project: "", task })}
    />
  );
}
