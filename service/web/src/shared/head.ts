// The head that pages behind the login have in common: who it is, logging out, the other language.

import { byId } from "./dom";
import { current, say, sayCode, switchLanguage, translatePage } from "./language";
import { logOut, type User } from "./session";

/** Fills the head for `user`; null: it is not known who. `translated` is called whenever the language changes. */
export function startHead(user: User | null, translated: () => void): void {
  const translate = () => {
    translatePage();
    byId("language").textContent = say("other");
    byId("language").lang = current() === "vi" ? "en" : "vi";
    byId("who").textContent = user?.via === "session" ? `${user.name} (${sayCode(user.role)})` : "";
    translated();
  };
  byId("language").addEventListener("click", () => {
    switchLanguage();
    translate();
  });
  byId("logout").addEventListener("click", logOut);
  byId("account").hidden = user?.via !== "session";
  translate();
}
