// A series as a picture. Over the canvas lie buttons, one a point: what eyes see there, keyboards and screen readers reach.

import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { current, sayCode } from "../shared/language";
import { nameOf } from "./address";
import type { Point, Series } from "./answer";
import { type Colours, coloursOf, drawMark, drawMarks, type NumberAt, writeNumbers } from "./draw";
import { KINDS, type Kind, lineOf, type Mark, marksOf, rangeOf, xOf } from "./marks";
import { kindOf, spoken, titleOf, unitOf, valueWords } from "./written";

const TICK_ROOM = 74; // pixels of a label below

interface Place {
  left: number;
  top: number;
}

interface Shown {
  series: Series;
  chosen: string;
  choose: (name: string) => void;
}

export function Chart({ series, chosen, choose }: Shown) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const isChosen = useRef<(mark: Mark) => boolean>(() => false);
  const [places, setPlaces] = useState<Place[]>([]);
  isChosen.current = (mark) => nameOf(series, mark.point) === chosen;
  const language = current();
  const marks = marksOf(series);

  // biome-ignore lint/correctness/useExhaustiveDependencies: numbers are written in the language
  useEffect(() => {
    const node = frame.current!;
    const made = new uPlot(
      optionsOf(node, series, (mark) => isChosen.current(mark), setPlaces),
      dataOf(series),
      node,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => {
      if (node.clientWidth !== made.width) made.setSize(sizeOf(node));
    });
    resized.observe(node);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const redraw = () => made.redraw(false, true);
    dark.addEventListener("change", redraw);
    return () => {
      dark.removeEventListener("change", redraw);
      resized.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [series, language]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the ring is around the chosen one
  useEffect(() => plot.current?.redraw(false), [chosen]);

  return (
    <figure class="chart">
      <Legend kinds={KINDS.filter((kind) => marks.some((mark) => mark.kind === kind))} />
      <p class="unit">{[unitOf(series), kindOf(series)].filter(Boolean).join(", ")}</p>
      <div class="canvas">
        <div class="plot" ref={frame} aria-hidden="true" />
        <Points series={series} places={places} chosen={chosen} choose={choose} />
      </div>
    </figure>
  );
}

function Points({ series, places, chosen, choose }: Shown & { places: Place[] }) {
  const group = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent) => {
    const buttons = [...group.current!.querySelectorAll("button")];
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    const steps: Record<string, number> = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: buttons.length - 1 };
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    buttons[Math.max(0, Math.min(to, buttons.length - 1))]?.focus();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: no fields of a form
    <div
      class="points"
      role="group"
      aria-label={`${sayCode("chart")}: ${titleOf(series)}`}
      ref={group}
      onKeyDown={move}
    >
      {series.points.map((point, at) => {
        const name = nameOf(series, point);
        const words = spoken(series, point);
        const place = (node: HTMLButtonElement | null) => {
          if (node === null) return;
          node.style.left = `${places[at]?.left ?? 0}px`;
          node.style.top = `${places[at]?.top ?? 0}px`;
        };
        return (
          <button
            type="button"
            key={name}
            ref={place}
            data-point={name}
            title={words}
            aria-label={words}
            aria-pressed={name === chosen}
            onClick={() => choose(name)}
          />
        );
      })}
    </div>
  );
}

function Legend({ kinds }: { kinds: Kind[] }) {
  return (
    <ul class="legend">
      {kinds.map((kind) => (
        <li key={kind}>
          <Sample kind={kind} /> {sayCode(`legend_${kind}`)}
        </li>
      ))}
    </ul>
  );
}

function Sample({ kind }: { kind: Kind }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const node = canvas.current!;
    const draw = () => {
      const ratio = devicePixelRatio;
      node.width = 28 * ratio;
      node.height = 16 * ratio;
      drawMark(node.getContext("2d")!, kind, 14 * ratio, 8 * ratio, ratio, coloursOf(node));
    };
    draw();
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", draw);
    return () => dark.removeEventListener("change", draw);
  }, [kind]);
  return <canvas ref={canvas} class="sample" />;
}

const sizeOf = (node: HTMLElement) => ({ width: node.clientWidth, height: node.clientWidth < 560 ? 230 : 290 });

function dataOf(series: Series): uPlot.AlignedData {
  const line = lineOf(series);
  const heights = new Map(line.map((point) => [xOf(point), Number(point.number)]));
  const times = [...new Set(series.points.map(xOf))].sort((a, b) => a - b);
  // Where there is but a plan the line goes on to the next result.
  return [times, times.map((x) => heights.get(x))];
}

function optionsOf(
  node: HTMLElement,
  series: Series,
  isChosen: (mark: Mark) => boolean,
  placed: (places: Place[]) => void,
): uPlot.Options {
  const marks = marksOf(series);
  const times = [...new Set(series.points.map(xOf))].sort((a, b) => a - b);
  const labels = new Map(series.points.map((point) => [xOf(point), point.period.label]));
  const [first, last] = [times[0] ?? 0, times.at(-1) ?? 0];
  const beside = (last - first || 365) * 0.06;
  const font = (size: number) => `${size}px system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif`;
  const colour = (name: keyof Colours) => () => coloursOf(node)[name];
  const tick = (height: number) => height.toLocaleString(current(), { maximumFractionDigits: 6 });
  return {
    ...sizeOf(node),
    legend: { show: false },
    cursor: { show: false },
    padding: [12, 8, 0, 0],
    scales: { x: { time: false, range: [first - beside, last + beside] }, y: { range: rangeOf(marks) } },
    axes: [
      {
        stroke: colour("soft"),
        font: font(12),
        grid: { show: false },
        ticks: { show: false },
        gap: 6,
        size: 28,
        splits: (plot) => thinned(times, plot.over.clientWidth || plot.width),
        values: (_, splits) => splits.map((x) => labels.get(x) ?? ""),
      },
      {
        stroke: colour("soft"),
        font: font(12),
        grid: { stroke: colour("rule"), width: 1 },
        ticks: { show: false },
        gap: 6,
        space: 44,
        size: (_, values) => 14 + 7 * Math.max(0, ...(values ?? []).map((value) => value.length)),
        values: (_, splits) => splits.map(tick),
      },
    ],
    series: [{}, { stroke: colour("line"), width: 2, points: { show: false }, spanGaps: true }],
    hooks: {
      draw: [
        (plot) => {
          const colours = coloursOf(node);
          drawMarks(plot, marks, colours, isChosen);
          writeNumbers(plot, numbersOf(lineOf(series), marks), colours, font(12 * devicePixelRatio));
          placed(series.points.map((point) => placeOf(plot, point)));
        },
      ],
    },
  };
}

/** A number stands above its point, or below where something else is marked above. */
function numbersOf(line: Point[], marks: Mark[]): NumberAt[] {
  return line.map((point) => {
    const [x, y] = [xOf(point), Number(point.number)];
    const isAbove = marks.every((mark) => mark.x !== x || (mark.upper ?? mark.y) <= y);
    return { x, y, text: valueWords(point), isAbove };
  });
}

function placeOf(plot: uPlot, point: Point): Place {
  const { left, top } = plot.bbox;
  return {
    left: left / devicePixelRatio + plot.valToPos(xOf(point), "x"),
    top: top / devicePixelRatio + plot.valToPos(Number(point.number), "y"),
  };
}

/** As many of the times as have room for a label, the newest always. */
function thinned(times: number[], width: number): number[] {
  const step = Math.max(1, Math.ceil((times.length * TICK_ROOM) / Math.max(width, TICK_ROOM)));
  return times.filter((_, at) => (times.length - 1 - at) % step === 0);
}
