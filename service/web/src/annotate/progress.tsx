// How far a project is: tasks by state, what each person did, and hour by hour.

import { useEffect, useState } from "preact/hooks";
import { current } from "../shared/language";
import type { Progress, TaskState } from "./contract";
import { progressOf } from "./service";
import { tell, tellCode } from "./words";

const STATES: readonly TaskState[] = ["adjudicated", "done", "begun", "open"];

interface Shown {
  project: string;
  failed: (error: unknown) => void;
}

export function ProgressView({ project, failed }: Shown) {
  const [told, setTold] = useState<Progress | null>(null);
  useEffect(() => {
    progressOf(project).then(setTold, failed);
  }, [project]);
  if (!told) return <p class="quiet">{tell("loading")}</p>;
  const all = Object.values(told.tasks).reduce((sum, one) => sum + one, 0);
  return (
    <>
      <section class="card">
        <h2>{tell("by_state")}</h2>
        <States told={told} all={all} />
        <p class="quiet hint">{tell("document_count", told.documents, told.corrections)}</p>
      </section>
      <section class="card">
        <h2>{tell("by_person")}</h2>
        {told.people.length ? <People told={told} /> : <p class="quiet">{tell("nothing_done")}</p>}
        <p class="quiet hint">{tell("figures_hint")}</p>
      </section>
      {told.hours.length > 0 && (
        <section class="card">
          <h2>{tell("by_hour")}</h2>
          <Hours told={told} />
        </section>
      )}
    </>
  );
}

function States({ told, all }: { told: Progress; all: number }) {
  let x = 0;
  return (
    <div class="states">
      <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        {STATES.map((state) => {
          const width = (100 * told.tasks[state]) / (all || 1);
          x += width;
          return <rect key={state} class={state} x={x - width} y="0" width={width} height="4" />;
        })}
      </svg>
      <ul class="legend">
        {STATES.map((state) => (
          <li key={state} class={state}>
            {tellCode("state_", state)} <strong>{told.tasks[state]}</strong>
          </li>
        ))}
      </ul>
    </div>
  );
}

function People({ told }: { told: Progress }) {
  const rate = (value: number | null) =>
    value === null ? "–" : value.toLocaleString(current(), { maximumFractionDigits: 0 });
  const names = told.people.map((one) => one.name);
  return (
    <table class="numbers">
      <thead>
        <tr>
          <th>{tell("person")}</th>
          <th>{tell("tasks_done")}</th>
          <th>{tell("corrections")}</th>
          <th>{tell("figures")}</th>
          <th>{tell("time")}</th>
          <th>{tell("figures_per_hour")}</th>
        </tr>
      </thead>
      <tbody>
        {told.people.map((one) => (
          <tr key={one.name}>
            <td class={`who-${names.indexOf(one.name) % COLOURS}`}>{one.name}</td>
            <td data-name={tell("tasks_done")}>{one.tasks_done}</td>
            <td data-name={tell("corrections")}>{one.corrections}</td>
            <td data-name={tell("figures")}>{one.figures}</td>
            <td data-name={tell("time")}>{timeOf(one.seconds)}</td>
            <td data-name={tell("figures_per_hour")}>{rate(one.figures_per_hour)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function timeOf(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return tell("seconds", seconds);
  return minutes < 60
    ? tell("minutes", minutes)
    : tell("hours", Math.floor(minutes / 60), String(minutes % 60).padStart(2, "0"));
}

const COLOURS = 5; // classes who-0 … in the style sheet
const HOURS = 48; // those in which somebody worked, the last
const [STEP, BAR, HEIGHT] = [15, 11, 90];

/** A bar for each hour in which somebody worked, in parts by person. */
function Hours({ told }: { told: Progress }) {
  const names = told.people.map((one) => one.name);
  const hours = [...new Set(told.hours.map((one) => one.hour))].slice(-HOURS);
  const sumOf = (hour: string) =>
    told.hours.filter((one) => one.hour === hour).reduce((sum, one) => sum + one.corrections, 0);
  const most = Math.max(...hours.map(sumOf));
  const dayOf = (hour: string) => new Date(hour).toLocaleDateString(current(), { day: "numeric", month: "numeric" });
  const width = Math.max(hours.length * STEP, 120);
  return (
    <div class="hours">
      <svg viewBox={`0 0 ${width} ${HEIGHT + 30}`} width={width * 2} role="img" aria-label={tell("hours_label", most)}>
        {hours.map((hour, at) => {
          let y = HEIGHT;
          const isNewDay = at === 0 || dayOf(hour) !== dayOf(hours[at - 1]!);
          return (
            <g key={hour}>
              {told.hours
                .filter((one) => one.hour === hour)
                .map((one) => {
                  const height = (HEIGHT * one.corrections) / most;
                  y -= height;
                  return (
                    <rect
                      key={one.name}
                      class={`who-${names.indexOf(one.name) % COLOURS}`}
                      x={at * STEP + 2}
                      y={y}
                      width={BAR}
                      height={height}
                    >
                      <title>{`${dayOf(hour)} ${new Date(hour).getHours()}h · ${one.name}: ${one.corrections}`}</title>
                    </rect>
                  );
                })}
              <text x={at * STEP + 2 + BAR / 2} y={HEIGHT + 11} text-anchor="middle">
                {new Date(hour).getHours()}h
              </text>
              {isNewDay && (
                <text x={at * STEP + 2} y={HEIGHT + 24} class="day">
                  {dayOf(hour)}
                </text>
              )}
            </g>
          );
        })}
      </svg>
      <ul class="legend">
        {names.map((name, at) => (
          <li key={name} class={`who-${at % COLOURS}`}>
            {name}
          </li>
        ))}
      </ul>
    </div>
  );
}
