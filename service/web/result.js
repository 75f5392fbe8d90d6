/** The card with the translation: words, confidence, notices, warnings, alternatives. */

import { byId, make } from "./elements.js";
import { hasString, setText } from "./i18n.js";
import { confidenceText, listWarnings } from "./warnings.js";

export class Result {
  /** @param {(text: string) => void} choose called with the alternative that was chosen */
  constructor(choose) {
    this.choose = choose;
    this.aligned = byId("aligned");
    this.text = "";
    byId("copy").addEventListener("click", () => this.copy());
  }

  clear() {
    this.text = "";
    this.aligned.show({ source: "", target: "", alignment: [], words: [], marks: { source: [], target: [] } });
    byId("result-empty").hidden = false;
    byId("result-tools").hidden = byId("legend").hidden = true;
    setText(byId("spoken"), "");
    for (const id of ["notices", "warning-list", "alternative-list", "kept-list"]) byId(id).replaceChildren();
    for (const id of ["warnings", "alternatives", "kept"]) byId(id).hidden = true;
  }

  begin({ q, source, target }) {
    this.clear();
    this.wanted = { q, source, target };
    this.aligned.setAttribute("source-lang", source === "auto" ? "" : source);
    this.aligned.setAttribute("target-lang", target);
    this.aligned.setAttribute("aria-busy", "true");
    byId("result-empty").hidden = true;
    setText(byId("status"), "working");
  }

  showDraft(shown) {
    this.text = shown.target;
    this.aligned.show({ source: this.wanted.q, ...shown });
  }

  /** The whole answer: what `api.translate` found. */
  finish({ answer, details, missing, streamed }) {
    this.aligned.setAttribute("source-lang", details.source);
    this.put(details.text, details);
    if (!streamed) this.notice("not_streamed");
    if (missing.length) this.notice("missing", { names: missing.join(", ") });
    if (details.source === this.wanted.target) this.notice("same_language");
    if (answer.detectedLanguage) this.noticeDetected(answer.detectedLanguage);
    this.drawKept(details.protected ?? []);
    this.drawAlternatives([details.text, ...(answer.alternatives ?? [])]);
  }

  /** A translation that could not be scored, and why. */
  putUnscored(text, why) {
    this.put(text, {});
    byId("notices").replaceChildren();
    this.notice(...why);
  }

  /** Shows a text with what is known of it. */
  put(text, { alignment = [], words = [], warnings = [], confidence = null }) {
    Object.assign(this, { text, alignment });
    this.aligned.setAttribute("aria-busy", "false");
    this.aligned.show({ source: this.wanted.q, target: text, alignment, words, marks: { source: [], target: [] } });
    byId("result-tools").hidden = false;
    byId("legend").hidden = words.length === 0;
    setText(byId("confidence"), ...confidenceText(confidence));
    setText(byId("status"), "");
    setText(byId("spoken"), "done", { text });
    this.drawWarnings(warnings);
    this.markUsed();
  }

  /** Links of another kind of evidence; null for those of the attention. */
  relink(links) { this.aligned.alignment = links ?? this.alignment ?? []; }

  fail(why) {
    this.aligned.setAttribute("aria-busy", "false");
    setText(byId("status"), ...why);
  }

  notice(key, values) { byId("notices").append(setText(make("li"), key, values)); }

  noticeDetected({ language, confidence }) {
    const name = hasString(language) ? { key: language } : language;
    this.notice("detected", { language: name, percent: Math.round(confidence) });
  }

  drawWarnings(warnings) {
    const mark = (marks) => { this.aligned.marks = marks; };
    byId("warning-list").replaceChildren(...listWarnings(warnings, this.wanted.q, this.text, mark));
    byId("warnings").hidden = warnings.length === 0;
  }

  drawKept(parts) {
    byId("kept-list").replaceChildren(...parts.map(({ text }) => make("li", {}, make("code", {}, text))));
    byId("kept").hidden = parts.length === 0;
  }

  drawAlternatives(texts) {
    const items = [...new Set(texts)].map((text) => {
      const button = setText(make("button", { type: "button", class: "small", click: () => this.choose(text) }), "use");
      return make("li", { "data-translation": text }, make("span", { lang: this.wanted.target }, text), button);
    });
    byId("alternative-list").replaceChildren(...items);
    byId("alternatives").hidden = items.length < 2;
    this.markUsed();
  }

  /** Says of each alternative whether it is the one that is shown. */
  markUsed() {
    for (const item of byId("alternative-list").children) {
      const isUsed = item.dataset.translation === this.text;
      const button = item.querySelector("button");
      button.setAttribute("aria-pressed", String(isUsed));
      setText(button, isUsed ? "used" : "use");
    }
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.text);
      setText(byId("status"), "copied");
    } catch {
      setText(byId("status"), "copy_failed");
    }
  }
}
