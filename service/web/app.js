/** The page: its two views, the switch between them, language and colours. */

import { ChatView } from "./chat.js";
import { byId } from "./elements.js";
import { startKey } from "./key.js";
import { startPreferences } from "./preferences.js";
import { TranslateView } from "./translate-view.js";
import "./zhuyi-aligned.js";

const VIEWS = ["translate", "chat"];

/** Shows the view of the address (`#chat`), else the first. */
function showView() {
  const wanted = location.hash.slice(1);
  const view = VIEWS.includes(wanted) ? wanted : VIEWS[0];
  for (const name of VIEWS) {
    byId(`${name}-view`).hidden = name !== view;
    const link = byId(`${name}-link`);
    if (name === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

startKey();
const translateView = new TranslateView();
new ChatView();
startPreferences(() => translateView.evidence.redraw());
addEventListener("hashchange", showView);
showView();
document.documentElement.dataset.ready = "yes";
