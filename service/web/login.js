// Logging in, making the first account, and changing one's password: one form of the three is shown.

const $ = (id) => document.getElementById(id);
const strings = await (await fetch("/strings.json")).json();
let language = localStorage.getItem("language") === "en" ? "en" : "vi";
let user = null;

const say = (key) => strings[language][key] ?? key;
// Messages of the service are "Vietnamese. / English."
const inLanguage = (message) => message.split(" / ")[language === "vi" ? 0 : 1] ?? message;

function translate() {
  document.documentElement.lang = language;
  document.title = `${say("log_in")} – chitieu`;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = say(node.dataset.text);
  $("language").textContent = say("other");
  for (const node of document.querySelectorAll(".error")) if (node.dataset.message) node.textContent = inLanguage(node.dataset.message);
}

// Where to go afterwards: a page of this service, whatever the address says.
function goOn() {
  let to = new URL("/", location.origin);
  try {
    const wanted = new URLSearchParams(location.search).get("next") ?? "/";
    const url = new URL(wanted, location.origin);
    if (wanted.startsWith("/") && url.origin === location.origin && url.pathname !== "/login") to = url;
  } catch {
    // no address at all
  }
  location.replace(to.href);
}

function show(name) {
  for (const form of document.forms) form.hidden = form.id !== name;
  $(name).querySelector("input:not([hidden]):not([value])").focus();
}

function fail(form, message) {
  const node = form.querySelector(".error");
  node.dataset.message = message;
  node.textContent = inLanguage(message);
  node.hidden = !message;
}

async function send(form, method, address, body) {
  fail(form, "");
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const headers = { "Content-Type": "application/json", ...(user?.csrf && { "X-CSRF-Token": user.csrf }) };
    const response = await fetch(address, { method, headers, body: JSON.stringify(body) });
    if (response.ok) return goOn();
    fail(form, (await response.json()).error.message);
  } catch {
    fail(form, `${strings.vi.offline} / ${strings.en.offline}`);
  } finally {
    button.disabled = false;
  }
}

// A form, what is sent of it, and whether a new password is in it, which is typed twice.
function listen(name, method, address, fields) {
  const form = $(name);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const data = Object.fromEntries(new FormData(form));
    if ("again" in data && data.again !== (data.new ?? data.password)) return fail(form, `${strings.vi.differ} / ${strings.en.differ}`);
    send(form, method, address, Object.fromEntries(fields.map((field) => [field, data[field]])));
  });
}

async function begin() {
  const response = await fetch("/v1/session").catch(() => null);
  const answer = await response?.json().catch(() => null);
  if (response?.ok) {
    user = answer;
    if (location.hash !== "#password" || user.via !== "session") return goOn();
    $("change").elements.name.value = user.name;
    return show("change");
  }
  show(answer?.error?.code === "accounts_missing" ? "setup" : "login");
  if (response?.status !== 401 && answer?.error?.code !== "accounts_missing") {
    fail($("login"), answer?.error?.message ?? `${strings.vi.offline} / ${strings.en.offline}`);
  }
}

listen("login", "POST", "/v1/session", ["name", "password"]);
listen("setup", "POST", "/v1/setup", ["code", "name", "password"]);
listen("change", "PUT", "/v1/session/password", ["old", "new"]);
$("language").addEventListener("click", () => { language = language === "vi" ? "en" : "vi"; localStorage.setItem("language", language); translate(); });
translate();
await begin();
