// The text, which never changes, with its spans marked. Labels and chips are drawn by the style sheet from attributes:
// so the text of the page is the text of the document, and a selection in it is a range of that.

import { type ComponentChild, h } from "preact";
import { memo } from "preact/compat";
import type { Language } from "../shared/language";
import type { Range as Points, Positions } from "./positions";
import { type Block, type Filter, isOn, isUnsure, labelName, matches, type Seen, shortLabel } from "./view";

interface Drawn {
  block: Block;
  positions: Positions;
  chosen: string; // ids that are of this block, or empty: so choosing one draws two blocks, not all
  governs: string;
  filter: Filter;
  threshold: number;
  language: Language;
}

const BlockView = memo(function BlockView(drawn: Drawn) {
  const { block, positions } = drawn;
  return (
    <div class="block">
      {block.heading.length > 0 && <div class="path" data-path={block.heading.join(" › ")} />}
      <div class="words" data-start={block.start}>
        {nested(block, block.seen, positions, (one, inside) => mark(drawn, one, inside))}
      </div>
    </div>
  );
});

/** The text of a block with its spans around their words, as `wrap` draws them. */
export function nested(
  block: Points,
  seen: readonly Seen[],
  positions: Positions,
  wrap: (one: Seen, inside: ComponentChild[]) => ComponentChild,
): ComponentChild[] {
  const root: ComponentChild[] = [];
  const open: { children: ComponentChild[]; end: number; wrap: (children: ComponentChild[]) => ComponentChild }[] = [];
  let at = block.start;
  const children = () => open.at(-1)?.children ?? root;
  const write = (to: number) => {
    if (to > at) children().push(positions.slice(at, to));
    at = Math.max(at, to);
  };
  const close = (before: number) => {
    while (open.length && open.at(-1)!.end <= before) {
      const done = open.pop()!;
      if (done.end > at) {
        done.children.push(positions.slice(at, done.end));
        at = done.end;
      }
      children().push(done.wrap(done.children));
    }
  };
  for (const one of seen) {
    const start = Math.max(one.span.start, block.start);
    close(start);
    // What was rejected may lie across others: it is cut at them.
    const end = Math.min(one.span.end, block.end, open.at(-1)?.end ?? block.end);
    if (start < at || end <= start) continue;
    write(start);
    open.push({ children: [], end, wrap: (inside) => wrap(one, inside) });
  }
  close(block.end);
  write(block.end);
  return root;
}

function mark({ chosen, governs, filter, threshold }: Drawn, one: Seen, inside: ComponentChild[]): ComponentChild {
  const { span } = one;
  const names = ["mark", span.label, span.state];
  if (isUnsure(span, threshold)) names.push("unsure");
  if (span.changed) names.push("changed");
  if (span.id === chosen) names.push("chosen");
  if (span.id === governs) names.push("governs");
  if (isOn(filter) && !matches(span, filter, threshold)) names.push("dim");
  return h(
    "span",
    {
      key: span.id,
      class: names.join(" "),
      "data-span": span.id,
      "data-label": shortLabel(span.label),
      ...(one.chip && span.label !== "INDICATOR" ? { "data-chip": one.chip } : {}),
      title: labelName(span.label),
    },
    inside,
  );
}

export interface Shown {
  blocks: readonly Block[];
  positions: Positions;
  chosen: string;
  governs: string;
  filter: Filter;
  threshold: number;
  language: Language;
}

export function Blocks({ blocks, chosen, governs, ...rest }: Shown) {
  return (
    <>
      {blocks.map((block) => {
        const has = (id: string) => (id && block.seen.some((one) => one.span.id === id) ? id : "");
        return <BlockView key={block.start} block={block} chosen={has(chosen)} governs={has(governs)} {...rest} />;
      })}
    </>
  );
}

/** What is selected in the text; null where nothing of it is. */
export function selected(root: HTMLElement, positions: Positions): Points | null {
  const selection = getSelection();
  if (!selection || selection.isCollapsed || selection.rangeCount === 0) return null;
  const range = selection.getRangeAt(0);
  if (!root.contains(range.commonAncestorContainer)) return null;
  const start = pointOf(range.startContainer, range.startOffset, positions);
  const end = pointOf(range.endContainer, range.endOffset, positions);
  return start === null || end === null || start >= end ? null : positions.trimmed({ start, end });
}

function pointOf(node: Node, offset: number, positions: Positions): number | null {
  const from = node instanceof Element ? node : node.parentElement;
  const words = from?.closest<HTMLElement>("[data-start]");
  if (!words) return null;
  const before = document.createRange();
  before.setStart(words, 0);
  before.setEnd(node, offset);
  return positions.toPoint(positions.toUnits(Number(words.dataset.start)) + before.toString().length);
}

/** The place of a range on the page; null where its block is not there. */
export function domRange(root: HTMLElement, positions: Positions, { start, end }: Points): Range | null {
  const range = document.createRange();
  const from = placeOf(root, positions, start, false);
  const to = placeOf(root, positions, end, true);
  if (from === null || to === null) return null;
  range.setStart(...from);
  range.setEnd(...to);
  return range;
}

function placeOf(root: HTMLElement, positions: Positions, point: number, isEnd: boolean): [Text, number] | null {
  const blocks = root.querySelectorAll<HTMLElement>("[data-start]");
  let at = -1;
  for (const [number, one] of blocks.entries()) {
    const start = Number(one.dataset.start);
    if (start < point || (start === point && !isEnd)) at = number;
    else break;
  }
  const words = blocks[at];
  if (!words) return null;
  let left = positions.toUnits(point) - positions.toUnits(Number(words.dataset.start));
  const walker = document.createTreeWalker(words, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode() as Text | null; node; node = walker.nextNode() as Text | null) {
    if (left < node.length || (isEnd && left === node.length)) return [node, left];
    left -= node.length;
  }
  return null;
}
