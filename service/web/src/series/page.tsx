// The page: the question, the series that answer it, and the point that was chosen.

import { useEffect, useRef, useState } from "preact/hooks";
import { half, inBoth, inWords, type Language, say, sayCode } from "../shared/language";
import { ask, Refusal, refusalOf } from "../shared/session";
import { type Asked, addressOf, asked, NOTHING, nameOf, parametersOf, type Query } from "./address";
import type { Choice, SeriesAnswer } from "./answer";
import { Detail } from "./detail";
import { Form } from "./form";
import { Shown } from "./shown";
import { indicatorName } from "./written";

type State =
  | { is: "empty" | "loading" }
  | { is: "answer"; answer: SeriesAnswer }
  | { is: "fault"; message: string; choices: Choice[] };

async function fetchSeries(query: Query, signal: AbortSignal): Promise<SeriesAnswer> {
  const response = await ask(`/v1/series?${parametersOf(query)}`, { signal });
  if (!response.ok) throw await refusalOf(response);
  return response.json();
}

function faultOf(error: unknown): State {
  if (!(error instanceof Refusal)) return { is: "fault", message: inBoth("offline"), choices: [] };
  return { is: "fault", message: error.message, choices: error.detail.suggestions ?? [] };
}

/** What the address asks for, and a way to ask for something else. */
function useAddress(): [Asked, (next: Asked, isNew: boolean) => void] {
  const [now, setNow] = useState(() => asked(location.search));
  useEffect(() => {
    const moved = () => setNow(asked(location.search));
    addEventListener("popstate", moved);
    return () => removeEventListener("popstate", moved);
  }, []);
  const go = (next: Asked, isNew: boolean) => {
    history[isNew ? "pushState" : "replaceState"](null, "", addressOf(next));
    setNow(next);
  };
  return [now, go];
}

function useSeries(query: Query, again: number): State {
  const [state, setState] = useState<State>({ is: "empty" });
  const wanted = parametersOf(query).toString();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a query is what its parameters are
  useEffect(() => {
    if (!query.indicator) return setState({ is: "empty" });
    const stop = new AbortController();
    setState({ is: "loading" });
    fetchSeries(query, stop.signal).then(
      (answer) => setState({ is: "answer", answer }),
      (error) => {
        if (!stop.signal.aborted) setState(faultOf(error));
      },
    );
    return () => stop.abort();
  }, [wanted, again]);
  return state;
}

/** `language` is the page's: with another one everything is drawn anew. */
export function Page({ language }: { language: Language }) {
  const [{ query, point }, go] = useAddress();
  const [again, setAgain] = useState(0);
  const state = useSeries(query, again);
  const opener = useRef("");
  const answer = state.is === "answer" ? state.answer : null;
  const found = answer?.series
    .flatMap((series) => series.points.map((one) => ({ series, point: one })))
    .find((one) => nameOf(one.series, one.point) === point);

  useEffect(() => {
    const name = answer ? `${indicatorName(answer.indicator)} – ` : "";
    document.title = `${name}${say("series")} – chitieu`;
  }, [answer, language]);

  const search = (next: Query) => {
    if (parametersOf(next).toString() === parametersOf(query).toString()) setAgain(again + 1);
    else go({ query: next, point: "" }, true);
  };
  const choose = (name: string) => {
    opener.current = name;
    go({ query, point: name }, point === "");
  };
  const close = () => {
    go({ query, point: "" }, false);
    const from = opener.current || point;
    document.querySelector<HTMLElement>(`[data-point="${CSS.escape(from)}"]`)?.focus();
  };

  return (
    <>
      <Form query={query} indicator={answer?.indicator ?? null} search={search} />
      <p class="unseen" role="status">
        {state.is === "loading" ? say("loading") : answer ? inWords("series_count", String(answer.series.length)) : ""}
      </p>
      {state.is === "empty" && <p class="hint large">{say("series_empty")}</p>}
      {state.is === "loading" && (
        <p class="loading" aria-hidden="true">
          {say("loading")}
        </p>
      )}
      {state.is === "fault" && (
        <Fault
          message={half(state.message)}
          choices={state.choices}
          choose={(id) => search({ ...query, indicator: id })}
        />
      )}
      {answer && (
        <div class={found ? "answer with-detail" : "answer"}>
          <Shown
            key={parametersOf(query).toString()}
            answer={answer}
            query={query}
            chosen={found ? point : ""}
            choose={choose}
            everywhere={() => search({ ...NOTHING, indicator: answer.indicator.id })}
          />
          {found && <Detail series={found.series} point={found.point} close={close} />}
        </div>
      )}
    </>
  );
}

function Fault({ message, choices, choose }: { message: string; choices: Choice[]; choose: (id: string) => void }) {
  return (
    <div class="fault">
      <p class="error" role="alert">
        {message}
      </p>
      {choices.length > 0 && (
        <>
          <p>{sayCode("did_you_mean")}</p>
          <ul class="choices">
            {choices.map((one) => (
              <li key={one.id}>
                <button type="button" onClick={() => choose(one.id)}>
                  {indicatorName(one)}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
