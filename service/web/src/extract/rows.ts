// The table of observations; a figure without an indicator has a row of its own at the end.

import type { Extraction, Figure, Observation, Span } from "../shared/contract";
import { element } from "../shared/dom";
import { say, sayCode } from "../shared/language";

function figureButton(figure: Figure, spans: Map<string, Span>): HTMLButtonElement {
  const phrase = figure.phrase ? spans.get(figure.phrase) : undefined;
  const known = figure.unit ?? figure.table_unit;
  const unit = known && !figure.text.includes("%") ? ` ${known.text}` : "";
  const words = (phrase?.text ?? figure.text + unit).replace(/\s+/g, " ");
  return element(
    "button",
    { type: "button", class: figure.kind, "data-to": figure.id, title: figure.value ?? "" },
    words,
  );
}

function indicatorCell({ indicator }: Observation): HTMLTableCellElement {
  const name = element("td", {}, indicator.path.at(-1) ?? indicator.text);
  const above = indicator.path.slice(0, -1).join(" › ");
  if (above) name.append(element("small", {}, above));
  const found = indicator.catalogue;
  if (found) {
    const to = `/series?indicator=${encodeURIComponent(found.id)}`;
    name.append(element("small", {}, "→ ", element("a", { href: to, title: say("see_series") }, found.name)));
  }
  return name;
}

export function tableRows(answer: Extraction): HTMLTableRowElement[] {
  const figures = new Map(answer.figures.map((figure) => [figure.id, figure]));
  const spans = new Map(answer.spans.map((span) => [span.id, span]));
  const button = (id: string) => figureButton(figures.get(id)!, spans);
  const linked = new Set<string>();
  const rows = answer.observations.map((row) => {
    const own = [row.level, ...row.repeats].filter((id): id is string => Boolean(id));
    const against = [...row.changes, ...row.shares, ...row.attainments];
    for (const id of [...own, ...against]) linked.add(id);
    const period = element("td", {}, row.period?.text ?? "");
    if (row.status !== "actual") period.append(element("small", {}, sayCode(row.status)));
    return element(
      "tr",
      { "data-figures": [...own, ...against].join(" ") },
      indicatorCell(row),
      element("td", {}, ...own.map(button)),
      element("td", {}, ...against.map(button)),
      period,
    );
  });
  for (const figure of answer.figures) {
    if (linked.has(figure.id)) continue;
    const value = element("td");
    const against = element("td");
    (figure.kind === "level" ? value : against).append(button(figure.id));
    const name = element("td", {}, say("unlinked"));
    const period = element("td", {}, figure.period?.text ?? "");
    rows.push(element("tr", { "data-figures": figure.id }, name, value, against, period));
  }
  return rows;
}
