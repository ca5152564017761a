// Words of the pages, in the language that this browser was last read in; Vietnamese at first.

import strings from "../strings.json";

export type Language = keyof typeof strings;
export type Word = keyof typeof strings.vi;

let language: Language = kept() === "en" ? "en" : "vi";

export const current = (): Language => language;

export function switchLanguage(): void {
  language = language === "vi" ? "en" : "vi";
  try {
    localStorage.setItem("language", language);
  } catch {
    // it holds until the page is left
  }
}

function kept(): string | null {
  try {
    return localStorage.getItem("language");
  } catch {
    return null; // a browser that keeps nothing
  }
}

export const say = (word: Word): string => strings[language][word];

/** Words with something in their `{}`. */
export const inWords = (words: Word, what: string): string => say(words).replace("{}", () => what);

/** The word for a code of the service; the code itself where there is none. */
export const sayCode = (code: string): string => (code in strings.vi ? say(code as Word) : code);

/** Both languages, as the service writes its messages: "Việt. / English." */
export const inBoth = (word: Word): string => `${strings.vi[word]} / ${strings.en[word]}`;

/** The half of such a message that is in the page's language. */
export function half(message: string): string {
  return message.split(" / ")[language === "vi" ? 0 : 1] ?? message;
}

/** Writes the words into what names them: `data-text`, `data-placeholder`, `data-label`. */
export function translatePage(): void {
  document.documentElement.lang = language;
  for (const node of document.querySelectorAll<HTMLElement>("[data-text]")) {
    node.textContent = sayCode(node.dataset.text ?? "");
  }
  for (const node of document.querySelectorAll<HTMLInputElement>("[data-placeholder]")) {
    node.placeholder = sayCode(node.dataset.placeholder ?? "");
    node.setAttribute("aria-label", node.placeholder);
  }
  for (const node of document.querySelectorAll<HTMLElement>("[data-label]")) {
    node.setAttribute("aria-label", sayCode(node.dataset.label ?? ""));
  }
}
