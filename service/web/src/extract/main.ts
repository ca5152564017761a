// The first page: a text in, its figures highlighted in place beside a table; a figure and its row find each other.

import "../shared/style.css";
import type { Extraction } from "../shared/contract";
import { byId, element, plain } from "../shared/dom";
import { startHead } from "../shared/head";
import { current, half, inBoth, say } from "../shared/language";
import { Refusal, refusalOf, who } from "../shared/session";
import { download, type Form, post, type Sent } from "./download";
import { tableRows } from "./rows";
import { highlighted } from "./text";

const LABELS = ["INDICATOR", "QUANTITY", "UNIT", "PERCENT", "PERIOD", "ATTAINMENT", "CHANGE", "SHARE"] as const;
const input = byId<HTMLFormElement>("input");
const textField = byId<HTMLTextAreaElement>("text");
const readButton = byId<HTMLButtonElement>("read");
const filter = byId<HTMLInputElement>("filter");
const rows = byId("rows");
const textShown = byId("document");

interface Shown {
  text: string;
  sent: Sent;
  answer: Extraction;
  seconds: number;
}
let shown: Shown | null = null;
let fault = "";

function fail(message: string): void {
  fault = message;
  byId("error").textContent = half(message);
  byId("error").hidden = !message;
}

const messageOf = (error: unknown): string => (error instanceof Refusal ? error.message : inBoth("offline"));

async function read(sent: Sent): Promise<void> {
  fail("");
  readButton.disabled = true;
  byId("status").textContent = say("reading");
  const begun = performance.now();
  try {
    const response = await post(sent, "application/json");
    if (!response.ok) throw await refusalOf(response);
    const answer: Extraction = await response.json();
    // Of a file, and of a text that had to be decoded, the answer holds the text that offsets count in.
    const text = answer.document.text ?? ("text" in sent ? sent.text : "");
    shown = { text, sent, answer, seconds: (performance.now() - begun) / 1000 };
    if ("file" in sent) textField.value = text;
    input.hidden = true;
    byId("result").hidden = false;
    filter.value = "";
    render();
    textShown.scrollTop = 0;
    scrollTo(0, 0);
  } catch (error) {
    fail(messageOf(error));
  } finally {
    readButton.disabled = false;
    byId("status").textContent = "";
  }
}

function render(): void {
  if (shown === null) return;
  const { text, answer, seconds } = shown;
  textShown.replaceChildren(highlighted(text, answer));
  const made = tableRows(answer);
  rows.replaceChildren(...made);
  byId("nothing").hidden = made.length > 0;
  const time = seconds.toLocaleString(current(), { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const parts = [
    `${answer.figures.length} ${say("figures")}`,
    `${answer.observations.length} ${say("rows")}`,
    `${time} ${say("seconds")}`,
  ];
  if (answer.warnings.length) parts.push(`${answer.warnings.length} ${say("warnings")}`);
  byId("counts").textContent = parts.join(" · ");
  const { id, place, period, kind } = answer.document;
  const about = [kind && id, place?.name ?? place?.text, period?.text];
  byId("about").textContent = about.filter(Boolean).join(" · ");
  const notices = answer.warnings.filter((warning) => warning.code !== "figure_without_indicator");
  byId("notices").replaceChildren(...notices.map((warning) => element("li", {}, half(warning.message))));
}

function choose(id: string, from: "text" | "row"): void {
  for (const node of document.querySelectorAll(".chosen, .governs")) node.classList.remove("chosen", "governs");
  const figure = shown?.answer.figures.find((one) => one.id === id);
  const mark = document.querySelector(`[data-figure="${id}"]`);
  const row = [...rows.children].find((one) => (one as HTMLElement).dataset.figures?.split(" ").includes(id));
  mark?.classList.add("chosen");
  row?.classList.add("chosen");
  if (figure?.indicator) document.getElementById(figure.indicator)?.classList.add("governs");
  (from === "text" ? row : mark)?.scrollIntoView({ block: "center", behavior: "smooth" });
}

input.addEventListener("submit", (event) => {
  event.preventDefault();
  read({ text: textField.value });
});
byId("example").addEventListener("click", async () => {
  textField.value = await (await fetch("/example.txt")).text();
  read({ text: textField.value });
});
byId("again").addEventListener("click", () => {
  byId("result").hidden = true;
  input.hidden = false;
  textField.focus();
});
for (const button of document.querySelectorAll<HTMLButtonElement>("[data-form]")) {
  button.addEventListener("click", async () => {
    if (shown === null) return;
    byId("failed").hidden = true;
    button.disabled = true;
    try {
      await download(button.dataset.form as Form, shown.sent, shown.answer);
    } catch (error) {
      byId("failed").textContent = half(messageOf(error));
      byId("failed").hidden = false;
    } finally {
      button.disabled = false;
    }
  });
}
textShown.addEventListener("click", (event) => {
  const mark = (event.target as HTMLElement).closest<HTMLElement>("[data-figure]");
  if (mark) choose(mark.dataset.figure!, "text");
});
textShown.addEventListener("keydown", (event) => {
  const id = (event.target as HTMLElement).dataset.figure;
  if (id && (event.key === "Enter" || event.key === " ")) {
    event.preventDefault();
    choose(id, "text");
  }
});
rows.addEventListener("click", (event) => {
  const target = event.target as HTMLElement;
  if (target.closest("a")) return;
  const id = target.dataset.to ?? target.closest("tr")?.dataset.figures?.split(" ")[0];
  if (id) choose(id, "row");
});
filter.addEventListener("input", () => {
  const wanted = plain(filter.value);
  for (const row of rows.children) (row as HTMLElement).hidden = !plain(row.textContent ?? "").includes(wanted);
});
byId<HTMLInputElement>("file").addEventListener("change", (event) => {
  const field = event.target as HTMLInputElement;
  const file = field.files?.[0];
  if (file) read({ file });
  field.value = "";
});
for (const name of ["dragover", "dragleave", "drop"] as const) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    input.classList.toggle("over", name === "dragover");
    const file = name === "drop" ? event.dataTransfer?.files[0] : undefined;
    if (file) read({ file });
  });
}

const user = await who().catch((error: unknown) => {
  fail(messageOf(error));
  return null;
});
startHead(user, () => {
  byId("legend").replaceChildren(
    ...LABELS.map((label) => element("li", {}, element("span", { class: `span ${label}` }, say(label)))),
  );
  if (fault) fail(fault);
  render();
});
