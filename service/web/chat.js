/** The second view: a customer writes Chinese, an agent English; each reads the other's words translated. */

import { byId, make } from "./elements.js";
import { describe } from "./failures.js";
import { fillAll, setText } from "./i18n.js";
import { translateMessage } from "./message.js";
import { ReplyCheck } from "./reply-check.js";
import { confidenceText, listWarnings } from "./warnings.js";

const LANGUAGE = { customer: "zh", agent: "en" };
const OTHER = { customer: "agent", agent: "customer" };

export class ChatView {
  constructor() {
    this.check = new ReplyCheck();
    byId("customer-form").addEventListener("submit", (event) => this.submit(event, () => this.sendCustomer()));
    byId("agent-form").addEventListener("submit", (event) => this.submit(event, () => this.sendAgent()));
    for (const id of ["customer-text", "agent-text", "agent-own"]) byId(id).addEventListener("keydown", (event) => this.sendOnEnter(event));
    for (const id of ["agent-text", "agent-own"]) byId(id).addEventListener("input", () => this.check.clear());
    byId("agent-check").addEventListener("click", () => this.submit(null, () => this.checkAgent()));
    byId("chat-clear").addEventListener("click", () => { for (const who of ["customer", "agent"]) byId(`${who}-log`).replaceChildren(); });
  }

  /** Enter sends, with shift it breaks the line; not while a Chinese word is being composed. */
  sendOnEnter(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  }

  async submit(event, work) {
    event?.preventDefault();
    setText(byId("chat-status"), "");
    try {
      await work();
    } catch (error) {
      setText(byId("chat-status"), "unsent", { detail: describe(error) });
    }
  }

  async sendCustomer() {
    const field = byId("customer-text");
    const text = field.value.trim();
    if (!text) return;
    field.value = "";
    try {
      this.add("customer", await translateMessage(text, "zh", "en"));
    } catch (error) {
      field.value = field.value || text;  // nothing of the customer's is lost
      throw error;
    }
  }

  checkAgent() {
    return this.check.run(byId("agent-text").value.trim(), byId("agent-own").value.trim());
  }

  /** The reply is scored before it goes; a doubtful one goes at the second press only. */
  async sendAgent() {
    const checked = this.check.message;
    const message = checked ?? await this.checkAgent();
    if (!message || (!checked && this.check.isDoubtful)) return;
    this.add("agent", message);
    this.check.clear();
    byId("agent-text").value = byId("agent-own").value = "";
    byId("agent-text").focus();
  }

  /** Puts a message into both panes: each reads it in its own language first. */
  add(author, message) {
    this.bubble(author, author, make("p", { class: "said", lang: LANGUAGE[author] }, message.text),
      make("p", { class: "under", lang: LANGUAGE[OTHER[author]] }, message.translation), message);
    const aligned = make("zhuyi-aligned", { "source-lang": LANGUAGE[author], "target-lang": LANGUAGE[OTHER[author]], "translation-first": true });
    aligned.show({ source: message.text, target: message.translation, alignment: message.alignment, words: message.words });
    this.bubble(OTHER[author], author, aligned, explain(message, aligned), message);
  }

  bubble(pane, author, main, under, message) {
    const name = setText(make("span", { class: "author" }), author);
    const certainty = setText(make("span", { class: "certainty" }), ...confidenceText(message.confidence));
    const item = make("article", { class: `bubble ${pane === author ? "mine" : "theirs"}` },
      make("p", { class: "meta" }, name, certainty), main, under);
    const log = byId(`${pane}-log`);
    log.append(item);
    fillAll(item);
    log.scrollTop = log.scrollHeight;
  }
}

/** The warnings of a message, folded up; nothing where there are none. */
function explain({ text, translation, warnings }, aligned) {
  if (!warnings.length) return "";
  const summary = setText(make("summary"), "warning_count", { count: warnings.length });
  const mark = (marks) => { aligned.marks = marks; };
  return make("details", {}, summary, make("ul", { class: "warnings" }, ...listWarnings(warnings, text, translation, mark)));
}
