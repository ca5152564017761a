// An indicator over the years, out of all stored documents.

import "../shared/style.css";
import "./series.css";
import { render } from "preact";
import { byId } from "../shared/dom";
import { startHead } from "../shared/head";
import { current } from "../shared/language";
import { who } from "../shared/session";
import { Page } from "./page";

// Where the service is not reached to say who it is, the page's first question tells that.
const user = await who().catch(() => null);
startHead(user, () => render(<Page language={current()} />, byId("page")));
