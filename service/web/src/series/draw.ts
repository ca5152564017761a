// The marks on the canvas: points, hollow points, dashes, diamonds, crosses.

import type uPlot from "uplot";
import type { Kind, Mark } from "./marks";

export type Colours = Record<"line" | "plan" | "other" | "conflict" | "paper" | "soft" | "rule", string>;

/** Colours of the page's style, which differ in the dark. */
export function coloursOf(node: Element): Colours {
  const style = getComputedStyle(node);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    line: of("chart-line"),
    plan: of("chart-plan"),
    other: of("chart-other"),
    conflict: of("chart-conflict"),
    paper: of("paper"),
    soft: of("soft"),
    rule: of("line"),
  };
}

/** How far beside its time a mark stands: what differs by little would hide the point. */
const BESIDE: Partial<Record<Kind, number>> = { restatement: 9, conflict: -9 };

export function drawMarks(plot: uPlot, marks: Mark[], colours: Colours, chosen: (mark: Mark) => boolean): void {
  const { ctx } = plot;
  const pxRatio = devicePixelRatio;
  ctx.save();
  for (const mark of marks) {
    const x = plot.valToPos(mark.x, "x", true) + (BESIDE[mark.kind] ?? 0) * pxRatio;
    const y = plot.valToPos(mark.y, "y", true);
    ctx.strokeStyle = colourOf(mark.kind, colours);
    if (mark.upper !== null) stroke(ctx, 1.5 * pxRatio, [x, y], [x, plot.valToPos(mark.upper, "y", true)]);
    drawMark(ctx, mark.kind, x, y, pxRatio, colours);
    if (chosen(mark) && mark.kind === mark.point.status) {
      ctx.beginPath();
      ctx.arc(x, y, 10 * pxRatio, 0, 2 * Math.PI);
      ctx.strokeStyle = colours.soft;
      ctx.lineWidth = 1.5 * pxRatio;
      ctx.stroke();
    }
  }
  ctx.restore();
}

function colourOf(kind: Kind, colours: Colours): string {
  if (kind === "target" || kind === "implied") return colours.plan;
  if (kind === "restatement") return colours.other;
  return kind === "conflict" ? colours.conflict : colours.line;
}

function stroke(ctx: CanvasRenderingContext2D, width: number, ...corners: [number, number][]): void {
  ctx.lineWidth = width;
  ctx.beginPath();
  for (const [at, [x, y]] of corners.entries()) at === 0 ? ctx.moveTo(x, y) : ctx.lineTo(x, y);
  ctx.stroke();
}

/** One mark of a size that `unit` pixels are one of. The legend is drawn with it too. */
export function drawMark(
  ctx: CanvasRenderingContext2D,
  kind: Kind,
  x: number,
  y: number,
  unit: number,
  colours: Colours,
): void {
  ctx.strokeStyle = colourOf(kind, colours);
  if (kind === "actual" || kind === "estimate") {
    ctx.beginPath();
    ctx.arc(x, y, 4 * unit, 0, 2 * Math.PI);
    ctx.fillStyle = kind === "actual" ? colours.line : colours.paper;
    ctx.fill();
    ctx.lineWidth = 1.8 * unit;
    ctx.stroke();
  } else if (kind === "target" || kind === "implied") {
    const width = (kind === "target" ? 2.6 : 1.3) * unit;
    stroke(ctx, width, [x - 12 * unit, y], [x - 3 * unit, y]);
    stroke(ctx, width, [x + 3 * unit, y], [x + 12 * unit, y]);
  } else if (kind === "restatement") {
    const far = 4.5 * unit;
    stroke(ctx, 1.5 * unit, [x - far, y], [x, y - far], [x + far, y], [x, y + far], [x - far, y - unit / 4]);
  } else {
    const far = 4.5 * unit;
    stroke(ctx, 2.2 * unit, [x - far, y - far], [x + far, y + far]);
    stroke(ctx, 2.2 * unit, [x - far, y + far], [x + far, y - far]);
  }
}

/** What is written at a place of the chart, above or below it. */
export interface NumberAt {
  x: number;
  y: number;
  text: string;
  isAbove: boolean;
}

/** Numbers at points, from the newest on, where there is room for them. */
export function writeNumbers(plot: uPlot, numbers: NumberAt[], colours: Colours, font: string): void {
  const { ctx } = plot;
  const unit = devicePixelRatio;
  ctx.save();
  ctx.font = font;
  ctx.textAlign = "center";
  ctx.lineJoin = "round";
  ctx.lineWidth = 3 * unit;
  ctx.strokeStyle = colours.paper;
  ctx.fillStyle = colours.line;
  let free = Number.POSITIVE_INFINITY;
  for (const { x, y, text, isAbove } of [...numbers].reverse()) {
    const half = ctx.measureText(text).width / 2 + 3 * unit;
    const centre = plot.valToPos(x, "x", true);
    if (centre + half > free) continue;
    ctx.textBaseline = isAbove ? "bottom" : "top";
    const top = plot.valToPos(y, "y", true) + (isAbove ? -8 : 9) * unit;
    ctx.strokeText(text, centre, top);
    ctx.fillText(text, centre, top);
    free = centre - half;
  }
  ctx.restore();
}
