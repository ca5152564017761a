// The text with its spans marked. Offsets of the service are code points; the text is cut as an array of them here, nowhere else.

import type { Extraction } from "../shared/contract";
import { element } from "../shared/dom";
import { sayCode } from "../shared/language";

const PHRASES = new Set(["ATTAINMENT", "CHANGE", "SHARE"]);
const OF_FIGURES = new Set(["QUANTITY", "PERCENT", "ATTAINMENT"]);

/** Opening and closing marks of nested spans, in the order in which they stand in the text. */
export function highlighted(text: string, answer: Extraction): DocumentFragment {
  const characters = Array.from(text);
  const figureAt = new Map(answer.figures.map((figure) => [`${figure.start}-${figure.end}`, figure]));
  const spans = [...answer.spans].sort(
    (a, b) => a.start - b.start || b.end - a.end || Number(PHRASES.has(b.label)) - Number(PHRASES.has(a.label)),
  );
  const root = document.createDocumentFragment();
  const open: { node: Node; end: number }[] = [{ node: root, end: Number.POSITIVE_INFINITY }];
  let at = 0;
  const innermost = () => open.at(-1)!;
  const write = (to: number) => {
    if (to > at) innermost().node.appendChild(document.createTextNode(characters.slice(at, to).join("")));
    at = Math.max(at, to);
  };
  const close = (before: number) => {
    while (innermost().end <= before) {
      write(innermost().end);
      open.pop();
    }
  };
  for (const span of spans) {
    close(span.start);
    write(span.start);
    const mark = element("span", { class: `span ${span.label}`, id: span.id, title: sayCode(span.label) });
    const figure = figureAt.get(`${span.start}-${span.end}`);
    if (figure && OF_FIGURES.has(span.label)) {
      mark.dataset.figure = figure.id;
      mark.tabIndex = 0;
      mark.setAttribute("role", "button");
    }
    const end = Math.min(span.end, innermost().end);
    innermost().node.appendChild(mark);
    open.push({ node: mark, end });
  }
  close(characters.length);
  while (open.length > 1) {
    write(innermost().end);
    open.pop();
  }
  write(characters.length);
  return root;
}
