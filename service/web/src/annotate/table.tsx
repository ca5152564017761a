// The observations of the corrected spans, as the service makes them; a press leads to the figure in the text.

import { useEffect, useState } from "preact/hooks";
import type { Figure } from "../shared/contract";
import { say } from "../shared/language";
import { ask } from "../shared/session";
import type { Table } from "./contract";
import { tell } from "./words";

const PAUSE = 600; // milliseconds after the last saved correction
const ROWS = 100; // drawn at once

/** The table as of a revision; the one before while it is made. */
export function useTable(task: string, revision: number): Table | null {
  const [table, setTable] = useState<Table | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(
      async () => {
        try {
          const response = await ask(`/v1/tasks/${task}/table`, { signal: stop.signal });
          if (response.ok) setTable(await response.json());
        } catch {
          // without a connection the one before stays
        }
      },
      table === null ? 0 : PAUSE,
    );
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [task, revision]);
  return table;
}

interface Shown {
  table: Table | null;
  chosen: string;
  spanOf: (figure: Figure) => string | undefined;
  choose: (span: string) => void;
}

export function Observations({ table, chosen, spanOf, choose }: Shown) {
  const [limit, setLimit] = useState(ROWS);
  if (!table) return <p class="quiet">{tell("loading")}</p>;
  if (!table.observations.length) return <p class="quiet">{tell("no_rows")}</p>;
  const figures = new Map(table.figures.map((figure) => [figure.id, figure]));
  const figure = (id: string, isMain = false) => {
    const found = figures.get(id);
    if (!found) return null;
    const span = spanOf(found);
    const unit = isMain ? (found.unit?.text ?? found.table_unit?.text) : "";
    return (
      <button
        key={id}
        type="button"
        class={`figure ${found.kind}${span && span === chosen ? " chosen" : ""}`}
        onClick={() => span && choose(span)}
      >
        {[found.text, unit].filter(Boolean).join(" ")}
      </button>
    );
  };
  return (
    <>
      <table>
        <thead>
          <tr>
            <th>{tell("indicator")}</th>
            <th>{tell("value")}</th>
            <th>{tell("period")}</th>
          </tr>
        </thead>
        <tbody>
          {table.observations.slice(0, limit).map((one, at) => (
            <tr key={at}>
              <td>
                {one.indicator.path.join(" › ") || one.indicator.text || say("unlinked")}
                {one.indicator.catalogue && <small>{one.indicator.catalogue.name}</small>}
              </td>
              <td>
                {one.level && figure(one.level, true)}
                {[...one.attainments, ...one.changes, ...one.shares].map((id) => figure(id))}
              </td>
              <td>{one.period?.text ?? ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {table.observations.length > limit && (
        <button type="button" class="more" onClick={() => setLimit(limit + 5 * ROWS)}>
          {tell("more")}
        </button>
      )}
    </>
  );
}
