// How far two who annotated the same documents agree, and the way to decide between them.

import { useEffect, useState } from "preact/hooks";
import { current } from "../shared/language";
import { type Agreed, type Agreement, LABELS } from "./contract";
import { adjudicate, agreementOf } from "./service";
import { labelName } from "./view";
import { tell } from "./words";

interface Shown {
  project: string;
  me: string;
  open: (task: string) => void;
  failed: (error: unknown) => void;
}

const part = (value: number | null): string => {
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return value === null ? "–" : `${(100 * value).toLocaleString(current(), digits)}%`;
};

export function AgreementView({ project, me, open, failed }: Shown) {
  const [told, setTold] = useState<Agreement | null>(null);
  useEffect(() => {
    agreementOf(project).then(setTold, failed);
  }, [project]);
  if (!told) return <p class="quiet">{tell("loading")}</p>;
  if (!told.each.length) return <p class="card quiet">{tell("no_agreement")}</p>;
  const decide = async (document: string) => {
    try {
      open((await adjudicate(project, document, me)).id);
    } catch (error) {
      failed(error);
    }
  };
  return (
    <>
      <section class="card agreed">
        <h2>{tell("view_agreement")}</h2>
        <dl>
          <div>
            <dt>{tell("strict_f1")}</dt>
            <dd id="strict">{part(told.total.spans.all.strict)}</dd>
          </div>
          <div>
            <dt>{tell("links_of")}</dt>
            <dd id="links">{part(told.total.of.accuracy)}</dd>
          </div>
          <div>
            <dt>{tell("links_in")}</dt>
            <dd>{part(told.total.in.accuracy)}</dd>
          </div>
          <div>
            <dt>{tell("documents")}</dt>
            <dd>{told.documents}</dd>
          </div>
        </dl>
        <p class="quiet hint">{tell("strict_hint")}</p>
        <Labels total={told.total} />
      </section>
      <section class="card">
        <h2>{tell("by_document")}</h2>
        <table class="numbers">
          <thead>
            <tr>
              <th>{tell("document")}</th>
              <th>{tell("strict_f1")}</th>
              <th>{tell("links_of")}</th>
              <th />
            </tr>
          </thead>
          <tbody>
            {told.each.map((one) => (
              <tr key={one.tasks.join()}>
                <td>
                  {one.document.name}
                  <small>{one.by.map((name) => name ?? tell("nobody")).join(" – ")}</small>
                </td>
                <td data-name={tell("strict_f1")}>{part(one.agreement.spans.all.strict)}</td>
                <td data-name={tell("links_of")}>{part(one.agreement.of.accuracy)}</td>
                <td>
                  <button
                    type="button"
                    class="adjudicate"
                    onClick={() => (one.adjudication ? open(one.adjudication) : decide(one.document.id))}
                  >
                    {tell(one.adjudication ? "see_adjudication" : "adjudicate")}
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

function Labels({ total }: { total: Agreed }) {
  return (
    <table class="numbers">
      <thead>
        <tr>
          <th>{tell("label")}</th>
          <th>{tell("strict_f1")}</th>
          <th>{tell("relaxed_f1")}</th>
          <th>{tell("counts")}</th>
        </tr>
      </thead>
      <tbody>
        {LABELS.filter((label) => total.spans[label].strict !== null).map((label) => {
          const row = total.spans[label];
          return (
            <tr key={label}>
              <td>
                <span class={`swatch ${label}`}>{labelName(label)}</span>
              </td>
              <td data-name={tell("strict_f1")}>
                <span class="meter">
                  <progress max="1" value={row.strict ?? 0} aria-hidden="true" />
                  {part(row.strict)}
                </span>
              </td>
              <td data-name={tell("relaxed_f1")}>{part(row.relaxed)}</td>
              <td data-name={tell("counts")}>
                {row.first} – {row.second}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
