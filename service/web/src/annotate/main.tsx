// The annotators' page: their tasks, and one of them.

import "../shared/style.css";
import "./annotate.css";
import { render } from "preact";
import { byId } from "../shared/dom";
import { startHead } from "../shared/head";
import { current } from "../shared/language";
import { who } from "../shared/session";
import { Page } from "./page";

const user = await who().catch(() => null);
startHead(user, () =>
  render(
    <Page language={current()} me={user?.name ?? ""} reviews={["reviewer", "admin"].includes(user?.role ?? "")} />,
    byId("page"),
  ),
);
