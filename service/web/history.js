/** Earlier translations, newest first: kept in this browser only, at most fifty, and cleared at a press. */

import { byId, make } from "./elements.js";
import { fillAll, setText } from "./i18n.js";
import { keep, recall } from "./storage.js";

const MAX_ENTRIES = 50;

/**
 * @typedef {{q: string, source: string, target: string, text: string, language: string}} Entry
 *   `source` is as it was chosen, `language` as it was found
 */
export class History {
  /** @param {(entry: Entry) => void} reopen called with the entry that was chosen */
  constructor(reopen) {
    this.reopen = reopen;
    this.entries = recall("history", []);
    byId("history-clear").addEventListener("click", () => this.clear());
    this.draw();
  }

  /** Adds an entry; what was only the beginning of the same text makes room for it. */
  add(entry) {
    const before = this.entries[0];
    const continues = before && before.target === entry.target && entry.q.startsWith(before.q);
    this.entries = [entry, ...this.entries.slice(continues ? 1 : 0)].slice(0, MAX_ENTRIES);
    this.store();
  }

  clear() {
    this.entries = [];
    this.store();
  }

  store() {
    setText(byId("history-note"), keep("history", this.entries) ? "history_about" : "history_full");
    this.draw();
  }

  draw() {
    const list = byId("history-list");
    list.replaceChildren(...this.entries.map((entry) => this.line(entry)));
    byId("history-empty").hidden = this.entries.length > 0;
    byId("history-clear").disabled = this.entries.length === 0;
    fillAll(list);
  }

  line(entry) {
    const text = make("span", { class: "history-source", lang: entry.language }, entry.q);
    const translation = make("span", { class: "history-target", lang: entry.target }, entry.text);
    return make("li", {}, make("button", { type: "button", click: () => this.reopen(entry) }, text, translation));
  }
}
