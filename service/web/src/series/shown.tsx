// The series of an answer: of each a chart and the table of its points; then what is in none.

import { useState } from "preact/hooks";
import { save } from "../shared/dom";
import { half, inWords, say, sayCode } from "../shared/language";
import { ask } from "../shared/session";
import { nameOf, parametersOf, type Query } from "./address";
import type { Series, SeriesAnswer } from "./answer";
import { Chart } from "./chart";
import { pageOf } from "./documents";
import { Table } from "./table";
import { indicatorName, kindOf, titleOf } from "./written";

const AT_ONCE = 6; // series drawn before more are asked for

interface Answered {
  answer: SeriesAnswer;
  query: Query;
  chosen: string;
  choose: (name: string) => void;
  everywhere: () => void;
}

export function Shown({ answer, query, chosen, choose, everywhere }: Answered) {
  const { series } = answer;
  const holder = series.findIndex((one) => one.points.some((point) => nameOf(one, point) === chosen));
  const [count, setCount] = useState(Math.max(AT_ONCE, holder + 1));
  const rest = series.length - count;
  return (
    <div class="all">
      <div class="title">
        <h2>{indicatorName(answer.indicator)}</h2>
        {series.length > 0 && <Download query={query} />}
      </div>
      {series.length > 0 ? (
        <p class="about">
          {[
            inWords("series_count", String(series.length)),
            `${answer.documents} ${say("documents")}`,
            answer.indicator.code,
          ]
            .filter(Boolean)
            .join(" · ")}
        </p>
      ) : (
        <Nothing isNarrowed={parametersOf(query).size > 1} everywhere={everywhere} />
      )}
      {series.slice(0, count).map((one) => (
        <One key={one.id} series={one} chosen={chosen} choose={choose} />
      ))}
      {rest > 0 && (
        <button type="button" class="more" onClick={() => setCount(count + AT_ONCE)}>
          {inWords("more_series", String(rest))}
        </button>
      )}
      <LeftOut answer={answer} />
    </div>
  );
}

function One({ series, chosen, choose }: { series: Series; chosen: string; choose: (name: string) => void }) {
  const { points, restated, conflicting } = series.summary;
  const words = [`${points} ${say("points")}`];
  if (restated) words.push(`${restated} ${say("restated")}`);
  return (
    <section class="one" aria-label={`${titleOf(series)}, ${kindOf(series)}`}>
      <h3>
        {titleOf(series)}{" "}
        <small>
          {kindOf(series)} · {words.join(" · ")}
          {conflicting > 0 && <b class="conflict"> · {`${conflicting} ${say("conflicting")}`}</b>}
        </small>
      </h3>
      <Chart series={series} chosen={chosen} choose={choose} />
      <Table series={series} chosen={chosen} choose={choose} />
    </section>
  );
}

function Nothing({ isNarrowed, everywhere }: { isNarrowed: boolean; everywhere: () => void }) {
  return (
    <div class="nothing">
      <p>{say(isNarrowed ? "series_none_narrowed" : "series_none")}</p>
      {isNarrowed && (
        <button type="button" onClick={everywhere}>
          {say("everywhere")}
        </button>
      )}
    </div>
  );
}

function Download({ query }: { query: Query }) {
  const [failed, setFailed] = useState(false);
  const fetchCsv = async () => {
    setFailed(false);
    const response = await ask(`/v1/series?${parametersOf(query)}`, { headers: { Accept: "text/csv" } }).catch(
      () => null,
    );
    if (response?.ok) save(await response.blob(), "series.csv");
    else setFailed(true);
  };
  return (
    <span>
      {failed && <span role="alert">{say("offline")} </span>}
      <button type="button" class="plain" onClick={fetchCsv}>
        {say("download_csv")}
      </button>
    </span>
  );
}

function LeftOut({ answer }: { answer: SeriesAnswer }) {
  const count = answer.left_out.length + answer.left_out_more;
  if (!count) return null;
  return (
    <details class="left-out">
      <summary>{inWords("left_out", String(count))}</summary>
      <ul>
        {answer.left_out.map(({ message, statement }, at) => (
          <li key={at}>
            <b>{half(message)}</b> {statement.sentence ?? statement.text}{" "}
            <a href={pageOf(statement)}>{statement.document.name}</a>
          </li>
        ))}
      </ul>
      {answer.left_out_more > 0 && <p>{`+${answer.left_out_more} ${sayCode("more")}`}</p>}
    </details>
  );
}
