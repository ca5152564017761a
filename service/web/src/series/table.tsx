// The points of a series in a table: all that the chart shows.

import { say, sayCode } from "../shared/language";
import { nameOf } from "./address";
import type { Point, Series, Statement } from "./answer";
import { differenceOf, kindOf, percentOf, periodOf, titleOf, unitOf, valueWords } from "./written";

interface Shown {
  series: Series;
  chosen: string;
  choose: (name: string) => void;
}

export function Table({ series, chosen, choose }: Shown) {
  return (
    <table>
      <caption>{[titleOf(series), kindOf(series), unitOf(series)].filter(Boolean).join(", ")}</caption>
      <thead>
        <tr>
          <th scope="col">{say("period")}</th>
          <th scope="col" class="number">
            {say("value")}
          </th>
          <th scope="col" class="number">
            {say("plan")}
          </th>
          <th scope="col" class="wide">
            {say("source")}
          </th>
        </tr>
      </thead>
      <tbody>
        {series.points.map((point) => {
          const name = nameOf(series, point);
          return (
            <tr key={name} class={name === chosen ? "chosen" : ""}>
              <th scope="row">
                {periodOf(point)} <small>{sayCode(point.status)}</small>
              </th>
              <td class="number">
                <button type="button" data-point={name} aria-pressed={name === chosen} onClick={() => choose(name)}>
                  {valueWords(point)}
                </button>
                <Others statements={point.conflicts} kind="conflict" />
                <Others statements={point.restatements} kind="restatement" />
              </td>
              <td class="number">
                <PlanOf point={point} />
              </td>
              <td class="wide">
                {point.statements[0]?.document.name}
                {point.statements.length > 1 && (
                  <small>
                    +{point.statements.length - 1} {say("statements_more")}
                  </small>
                )}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Others({ statements, kind }: { statements: Statement[]; kind: "conflict" | "restatement" }) {
  return statements.map((one) => (
    <small key={`${one.document.id} ${one.start}`} class={kind}>
      {say(kind === "conflict" ? "conflict_short" : "restatement_short")} {valueWords(one)}
      {one.difference !== null && ` (${differenceOf(one.difference)})`}
    </small>
  ));
}

function PlanOf({ point }: { point: Point }) {
  if (point.plan === null) return null;
  const { attainment, source } = point.plan;
  return (
    <>
      {valueWords(point.plan)}
      {attainment !== null && <small>{percentOf(attainment)}</small>}
      {source === "implied" && <small>{say("implied_short")}</small>}
    </>
  );
}
