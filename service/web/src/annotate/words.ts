// Words of this page alone.

import { current, type Language } from "../shared/language";
import strings from "./strings.json";

export type Phrase = keyof typeof strings.vi;

const all: Record<Language, Record<Phrase, string>> = strings;

/** Words, with what belongs into their `{}` in order. */
export function tell(phrase: Phrase, ...what: (string | number)[]): string {
  return what.reduce<string>((words, one) => words.replace("{}", () => String(one)), all[current()][phrase]);
}

/** The words of a code; the code itself where there are none. */
export const tellCode = (prefix: string, code: string): string => {
  const name = `${prefix}${code}`;
  return name in strings.vi ? tell(name as Phrase) : code;
};
