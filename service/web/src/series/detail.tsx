// All that is known of a point: the sentences that state it, other values, the plan, and the way to the documents.

import { useEffect, useRef, useState } from "preact/hooks";
import { inWords, say, sayCode } from "../shared/language";
import { nameOf } from "./address";
import type { Point, Series, Statement } from "./answer";
import { pageOf, placeOf } from "./documents";
import { differenceOf, percentOf, periodOf, titleOf, unitOf, valueWords } from "./written";

export function Detail({ series, point, close }: { series: Series; point: Point; close: () => void }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const name = nameOf(series, point);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever chose another point goes on reading here
  useEffect(() => heading.current?.focus({ preventScroll: true }), [name]);
  const unit = unitOf(series);
  const { plan, attainment_stated: stated } = point;
  return (
    <aside
      class="detail"
      aria-label={say("point")}
      onKeyDown={(event) => {
        if (event.key === "Escape") close();
      }}
    >
      <button type="button" class="plain close" onClick={close} aria-label={say("close")}>
        ×
      </button>
      <h3 tabIndex={-1} ref={heading}>
        <small>
          {titleOf(series)} · {periodOf(point)} · {sayCode(point.status)}
        </small>
        {valueWords(point)} {unit}
      </h3>
      <Statements title={say("stated_in")} statements={point.statements} unit={unit} kind="stated" />
      <Statements title={say("conflicts_title")} statements={point.conflicts} unit={unit} kind="conflict" />
      <Statements title={say("restatements_title")} statements={point.restatements} unit={unit} kind="restatement" />
      {plan !== null && (
        <section class="plan">
          <h4>{say(plan.source === "implied" ? "legend_implied" : "plan")}</h4>
          <p>
            {valueWords(plan)} {unit}
            {plan.attainment !== null && ` · ${inWords("attained", percentOf(plan.attainment))}`}
          </p>
          {stated?.text && (
            <p>
              {say("attainment_stated")} “{stated.text.replace(/\s+/g, " ")}”
            </p>
          )}
          {plan.source === "target" && <Quote statement={plan.statement} />}
          {plan.source === "implied" && <p class="hint">{say("implied_hint")}</p>}
        </section>
      )}
    </aside>
  );
}

interface Listed {
  title: string;
  statements: Statement[];
  unit: string;
  kind: "stated" | "conflict" | "restatement";
}

function Statements({ title, statements, unit, kind }: Listed) {
  if (!statements.length) return null;
  return (
    <section class={kind}>
      <h4>{title}</h4>
      {statements.map((one) => (
        <div key={`${one.document.id} ${one.start}`}>
          {kind !== "stated" && (
            <p>
              <b>{valueWords(one)}</b> {unit}
              {one.difference !== null && ` (${differenceOf(one.difference)})`}
            </p>
          )}
          <Quote statement={one} />
        </div>
      ))}
    </section>
  );
}

/** The sentence with its figure marked, and the way to where it stands. */
function Quote({ statement }: { statement: Statement }) {
  const { document: source, page } = statement;
  const [before, figure, after] = cut(statement);
  const about = [source.period?.text?.replace(/\s+/g, " "), page !== null && inWords("page", String(page))];
  return (
    <>
      {statement.sentence !== null && (
        <blockquote lang="vi">
          {before}
          {figure && <mark>{figure}</mark>}
          {after}
        </blockquote>
      )}
      <p class="source">
        <DocumentLink statement={statement} /> {about.filter(Boolean).join(" · ")}
      </p>
    </>
  );
}

function DocumentLink({ statement }: { statement: Statement }) {
  const [to, setTo] = useState(pageOf(statement));
  useEffect(() => {
    let wanted = true;
    setTo(pageOf(statement));
    placeOf(statement).then((found) => wanted && setTo(found));
    return () => {
      wanted = false;
    };
  }, [statement]);
  return (
    <a href={to} title={say("to_document")}>
      {statement.document.name}
    </a>
  );
}

/** The sentence before, in and after the figure. White space may have been joined in it: then the figure's words are looked for. */
function cut({ sentence, sentence_start: begin, start, end, text }: Statement): [string, string, string] {
  if (sentence === null || text === null) return [sentence ?? "", "", ""];
  const letters = Array.from(sentence);
  if (begin !== null && start !== null && end !== null) {
    const part = (first: number, last?: number) => letters.slice(first, last).join("");
    if (part(start - begin, end - begin) === text) {
      return [part(0, start - begin), text, part(end - begin)];
    }
  }
  const at = sentence.indexOf(text);
  return at < 0 ? [sentence, "", ""] : [sentence.slice(0, at), text, sentence.slice(at + text.length)];
}
