// The page: a text in, its figures highlighted in place beside a table; a figure and its row find each other.
// Offsets of the service are code points; the text is cut as an array of them at one place (render), nowhere else.

import { ask, logOut, who } from "./session.js";

const LABELS = ["INDICATOR", "QUANTITY", "UNIT", "PERCENT", "PERIOD", "ATTAINMENT", "CHANGE", "SHARE"];
const PHRASES = new Set(["ATTAINMENT", "CHANGE", "SHARE"]);
const $ = (id) => document.getElementById(id);
const [strings, user] = await Promise.all([
  fetch("strings.json").then((response) => response.json()),
  who().catch((error) => ({ fault: error.message })),
]);
let language = localStorage.getItem("language") === "en" ? "en" : "vi";
let shown = null; // {text, answer, seconds} of what is on the page

const say = (key) => strings[language][key] ?? key;

function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function translate() {
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = say(node.dataset.text);
  for (const node of document.querySelectorAll("[data-placeholder]")) {
    node.placeholder = say(node.dataset.placeholder);
    node.setAttribute("aria-label", node.placeholder);
  }
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", say(node.dataset.label));
  $("language").textContent = say("other");
  $("who").textContent = user.via === "session" ? `${user.name} (${say(user.role)})` : "";
  $("legend").replaceChildren(...LABELS.map((label) => {
    const mark = element("span", { class: `span ${label}` }, say(label));
    return element("li", {}, mark);
  }));
  if (shown) render();
}

function fail(message) {
  $("error").textContent = message;
  $("error").hidden = !message;
}

async function send(address, type, body, text) {
  fail("");
  $("read").disabled = true;
  $("status").textContent = say("reading");
  const begun = performance.now();
  try {
    const response = await ask(address, { method: "POST", headers: { "Content-Type": type }, body });
    const answer = await response.json();
    if (!response.ok) return fail(answer.error.message);
    // Of a file, and of a text that had to be decoded, the answer holds the text that offsets count in.
    shown = { text: answer.document.text ?? text, answer, seconds: (performance.now() - begun) / 1000 };
    if (text === undefined) $("text").value = shown.text;
    $("input").hidden = true;
    $("result").hidden = false;
    $("filter").value = "";
    render();
    $("document").scrollTop = 0;
    scrollTo(0, 0);
  } catch {
    fail(say("offline"));
  } finally {
    $("read").disabled = false;
    $("status").textContent = "";
  }
}

const read = (text) => send("/v1/extract", "application/json", JSON.stringify({ text }), text);
const take = (file) => send(`/v1/extract?name=${encodeURIComponent(file.name)}`, "application/octet-stream", file);

// Opening and closing marks of nested spans, in the order in which they stand in the text.
function highlighted(text, answer) {
  const characters = Array.from(text);
  const figureAt = new Map(answer.figures.map((f) => [`${f.start}-${f.end}`, f]));
  const spans = [...answer.spans].sort((a, b) => a.start - b.start || b.end - a.end || PHRASES.has(b.label) - PHRASES.has(a.label));
  const root = document.createDocumentFragment();
  const open = [{ node: root, end: Infinity }];
  let at = 0;
  const write = (to) => {
    if (to > at) open.at(-1).node.append(characters.slice(at, to).join(""));
    at = Math.max(at, to);
  };
  const close = (before) => {
    while (open.at(-1).end <= before) { write(open.at(-1).end); open.pop(); }
  };
  for (const span of spans) {
    close(span.start);
    write(span.start);
    const mark = element("span", { class: `span ${span.label}`, id: span.id, title: say(span.label) });
    const figure = figureAt.get(`${span.start}-${span.end}`);
    if (figure && (span.label === "QUANTITY" || span.label === "PERCENT" || span.label === "ATTAINMENT")) {
      mark.dataset.figure = figure.id;
      mark.tabIndex = 0;
    }
    open.at(-1).node.append(mark);
    open.push({ node: mark, end: Math.min(span.end, open.at(-1).end) });
  }
  close(characters.length);
  while (open.length > 1) { write(open.at(-1).end); open.pop(); }
  write(characters.length);
  return root;
}

function figureButton(figure, text, spans) {
  const phrase = figure.phrase ? spans.get(figure.phrase) : null;
  const unit = figure.unit && !figure.text.includes("%") ? ` ${figure.unit.text}` : "";
  const words = (phrase?.text ?? figure.text + unit).replace(/\s+/g, " ");
  return element("button", { type: "button", class: figure.kind, "data-to": figure.id, title: figure.value ?? "" }, words);
}

function renderRows(answer) {
  const figures = new Map(answer.figures.map((f) => [f.id, f]));
  const spans = new Map(answer.spans.map((s) => [s.id, s]));
  const button = (id) => figureButton(figures.get(id), shown.text, spans);
  const linked = new Set();
  const rows = answer.observations.map((o) => {
    const own = [o.level, ...o.repeats].filter(Boolean);
    const against = [...o.changes, ...o.shares, ...o.attainments];
    [...own, ...against].forEach((id) => linked.add(id));
    const name = element("td", {}, o.indicator.path.at(-1) ?? o.indicator.text);
    const above = [...o.indicator.path.slice(0, -1)].join(" › ");
    if (above) name.append(element("small", {}, above));
    if (o.indicator.catalogue) name.append(element("small", { title: String(o.indicator.catalogue.score) }, `→ ${o.indicator.catalogue.name}`));
    const period = element("td", {}, o.period?.text ?? "");
    if (say(o.status)) period.append(element("small", {}, say(o.status)));
    return element("tr", { "data-figures": [...own, ...against].join(" ") }, name,
      element("td", {}, ...own.map(button)), element("td", {}, ...against.map(button)), period);
  });
  for (const figure of answer.figures) {
    if (linked.has(figure.id)) continue;
    const cells = [element("td", {}, say("unlinked")), element("td", {}), element("td", {}), element("td", {}, figure.period?.text ?? "")];
    cells[figure.kind === "level" ? 1 : 2].append(button(figure.id));
    rows.push(element("tr", { "data-figures": figure.id }, ...cells));
  }
  $("rows").replaceChildren(...rows);
  $("nothing").hidden = rows.length > 0;
}

function render() {
  const { text, answer, seconds } = shown;
  $("document").replaceChildren(highlighted(text, answer));
  renderRows(answer);
  const parts = [`${answer.figures.length} ${say("figures")}`, `${answer.observations.length} ${say("rows")}`, `${seconds.toLocaleString(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 })} ${say("seconds")}`];
  if (answer.warnings.length) parts.push(`${answer.warnings.length} ${say("warnings")}`);
  $("counts").textContent = parts.join(" · ");
  const { id, place, period, kind } = answer.document;
  $("about").textContent = [kind && id, place?.name ?? place?.text, period?.text].filter(Boolean).join(" · ");
  const notices = answer.warnings.filter((w) => w.code !== "figure_without_indicator");
  $("notices").replaceChildren(...notices.map((w) => element("li", {}, w.message.split(" / ")[language === "vi" ? 0 : 1] ?? w.message)));
  URL.revokeObjectURL($("download").href);
  $("download").href = URL.createObjectURL(new Blob([JSON.stringify(answer, null, 1)], { type: "application/json" }));
}

function choose(id, from) {
  for (const node of document.querySelectorAll(".chosen, .governs")) node.classList.remove("chosen", "governs");
  const figure = shown.answer.figures.find((f) => f.id === id);
  const mark = document.querySelector(`[data-figure="${id}"]`);
  const row = [...$("rows").children].find((r) => r.dataset.figures.split(" ").includes(id));
  mark?.classList.add("chosen");
  row?.classList.add("chosen");
  if (figure.indicator) $(figure.indicator)?.classList.add("governs");
  (from === "text" ? row : mark)?.scrollIntoView({ block: "center", behavior: "smooth" });
}

$("input").addEventListener("submit", (event) => { event.preventDefault(); read($("text").value); });
$("example").addEventListener("click", async () => { $("text").value = await (await fetch("example.txt")).text(); read($("text").value); });
$("again").addEventListener("click", () => { $("result").hidden = true; $("input").hidden = false; $("text").focus(); });
$("language").addEventListener("click", () => { language = language === "vi" ? "en" : "vi"; localStorage.setItem("language", language); translate(); });
$("document").addEventListener("click", (event) => { const mark = event.target.closest("[data-figure]"); if (mark) choose(mark.dataset.figure, "text"); });
$("document").addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target.dataset.figure) choose(event.target.dataset.figure, "text"); });
$("rows").addEventListener("click", (event) => {
  const row = event.target.closest("tr");
  const id = event.target.dataset.to ?? row?.dataset.figures.split(" ")[0];
  if (id) choose(id, "row");
});
$("filter").addEventListener("input", () => {
  const plain = (s) => s.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/gi, "d").toLowerCase();
  const wanted = plain($("filter").value);
  for (const row of $("rows").children) row.hidden = !plain(row.textContent).includes(wanted);
});

$("file").addEventListener("change", (event) => { if (event.target.files[0]) take(event.target.files[0]); event.target.value = ""; });
for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    $("input").classList.toggle("over", name === "dragover");
    if (name === "drop" && event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
  });
}

$("logout").addEventListener("click", logOut);
$("account").hidden = user.via !== "session";
translate();
if (user.fault) fail(user.fault);
