// Logging in, making the first account, and changing one's password: one form of the three is shown.

import "../shared/style.css";
import { byId } from "../shared/dom";
import { current, half, inBoth, say, switchLanguage, translatePage } from "../shared/language";
import { Refusal, refusalOf, send, standing } from "../shared/session";

const languageButton = byId("language");

function translate(): void {
  translatePage();
  document.title = `${say("log_in")} – chitieu`;
  languageButton.textContent = say("other");
  languageButton.lang = current() === "vi" ? "en" : "vi";
  for (const node of document.querySelectorAll<HTMLElement>(".error")) {
    if (node.dataset.message) node.textContent = half(node.dataset.message);
  }
}

// Where to go afterwards: a page of this service, whatever the address says.
function goOn(): void {
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

function show(name: string): void {
  for (const form of document.forms) form.hidden = form.id !== name;
  byId(name).querySelector<HTMLInputElement>("input:not([hidden]):not([value])")?.focus();
}

function fail(form: HTMLFormElement, message: string): void {
  const node = form.querySelector<HTMLElement>(".error")!;
  node.dataset.message = message;
  node.textContent = half(message);
  node.hidden = !message;
}

/** What a refusal says here: some codes have words of the page's own. */
function wordsOf(refusal: Refusal): string {
  return refusal.code === "password_wrong" ? inBoth("password_wrong") : refusal.message;
}

async function submit(form: HTMLFormElement, method: string, address: string, body: object): Promise<void> {
  fail(form, "");
  const button = form.querySelector("button")!;
  button.disabled = true;
  try {
    const headers = { "Content-Type": "application/json" };
    const response = await send(address, { method, headers, body: JSON.stringify(body) });
    if (response.ok) return goOn();
    fail(form, wordsOf(await refusalOf(response)));
  } catch {
    fail(form, inBoth("offline"));
  } finally {
    button.disabled = false;
  }
}

// A form, what is sent of it, and whether a new password is in it, which is typed twice.
function listen(name: string, method: string, address: string, fields: string[]): void {
  const form = byId<HTMLFormElement>(name);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const data = Object.fromEntries(new FormData(form));
    if ("again" in data && data.again !== (data.new ?? data.password)) return fail(form, inBoth("differ"));
    submit(form, method, address, Object.fromEntries(fields.map((field) => [field, data[field]])));
  });
}

async function begin(): Promise<void> {
  try {
    const told = await standing();
    if (told.user === null) return show(told.isSetUp ? "login" : "setup");
    if (location.hash !== "#password" || told.user.via !== "session") return goOn();
    byId<HTMLFormElement>("change").querySelector<HTMLInputElement>("[name=name]")!.value = told.user.name;
    show("change");
  } catch (error) {
    show("login");
    fail(byId<HTMLFormElement>("login"), error instanceof Refusal ? error.message : inBoth("offline"));
  }
}

listen("login", "POST", "/v1/session", ["name", "password"]);
listen("setup", "POST", "/v1/setup", ["code", "name", "password"]);
listen("change", "PUT", "/v1/session/password", ["old", "new"]);
languageButton.addEventListener("click", () => {
  switchLanguage();
  translate();
});
translate();
await begin();
