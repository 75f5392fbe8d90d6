/** The first view: a text on one side, its translation as it streams on the other, the evidence below. */

import { score, translate } from "./api.js";
import { Draft } from "./draft.js";
import { byId } from "./elements.js";
import { EvidencePanel } from "./evidence-panel.js";
import { describe, isStopped } from "./failures.js";
import { History } from "./history.js";
import { setText } from "./i18n.js";
import { Result } from "./result.js";

const TYPING_PAUSE_MS = 600;
const NUM_ALTERNATIVES = 3;

export class TranslateView {
  constructor() {
    this.text = byId("source-text");
    this.source = byId("source-language");
    this.target = byId("target-language");
    this.controller = null;
    this.timer = 0;
    this.result = new Result((text) => this.choose(text));
    this.evidence = new EvidencePanel((links) => this.result.relink(links));
    this.history = new History((entry) => this.reopen(entry));
    this.listen();
  }

  listen() {
    byId("translate-form").addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
    this.text.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.submit(); });
    this.text.addEventListener("input", (event) => event.isComposing || this.wait());
    this.text.addEventListener("compositionend", () => this.wait());
    for (const choice of [this.source, this.target]) choice.addEventListener("change", () => this.text.value.trim() && this.submit());
    byId("swap").addEventListener("click", () => this.swap());
    byId("stop").addEventListener("click", () => this.controller?.abort());
    byId("clear").addEventListener("click", () => this.clear());
  }

  /** Translates once the typing rests, where that is wanted. */
  wait() {
    clearTimeout(this.timer);
    if (byId("live").checked) this.timer = setTimeout(() => this.submit(), TYPING_PAUSE_MS);
  }

  async submit() {
    clearTimeout(this.timer);
    this.controller?.abort();
    const wanted = { q: this.text.value, source: this.source.value, target: this.target.value };
    if (!wanted.q.trim()) return this.clear();
    const controller = this.controller = new AbortController();
    this.begin(wanted);
    try {
      await this.run(wanted, controller.signal);
    } catch (error) {
      if (this.controller === controller) this.result.fail(isStopped(error) ? ["stopped"] : ["failed", { detail: describe(error) }]);
    } finally {
      if (this.controller === controller) this.end();
    }
  }

  begin(wanted) {
    byId("stop").hidden = false;
    this.result.begin(wanted);
    this.evidence.show(null);
  }

  end() {
    this.controller = null;
    byId("stop").hidden = true;
  }

  async run(wanted, signal) {
    const draft = new Draft();
    const hear = (name, data) => draft.hear(name, data) && this.result.showDraft(draft.shown);
    const found = await translate({ ...wanted, alternatives: NUM_ALTERNATIVES, stream: true }, { signal, hear });
    const source = found.details.source;
    this.result.finish(found);
    this.history.add({ ...wanted, language: source, text: found.details.text });
    this.shown = { ...wanted, source };
    if (source !== wanted.target) this.evidence.show({ ...this.shown, translation: found.details.text });
  }

  /** Shows another translation of the same text, scored and aligned as it is; a newer text goes before. */
  async choose(text) {
    const { shown } = this;
    const show = await this.score({ ...shown, translation: text });
    if (this.controller || this.shown !== shown) return;
    show();
    this.evidence.show({ ...shown, translation: text });
  }

  /** How to show a translation, with its score or with the reason why there is none. */
  async score(wanted) {
    const { translation } = wanted;
    try {
      const details = await score(wanted);
      return () => this.result.put(translation, details);
    } catch (error) {
      const why = error.isUnknown ? ["missing", { names: "score" }] : ["failed", { detail: describe(error) }];
      return () => this.result.putUnscored(translation, why);
    }
  }

  /** The translation becomes the text, the other way round. */
  swap() {
    const source = this.source.value === "auto" ? this.shown?.source ?? "zh" : this.source.value;
    [this.source.value, this.target.value] = [this.target.value, source];
    if (this.result.text) this.text.value = this.result.text;
    if (this.text.value.trim()) this.submit();
  }

  reopen(entry) {
    this.text.value = entry.q;
    this.source.value = entry.source;
    this.target.value = entry.target;
    this.text.focus();
    this.submit();
  }

  clear() {
    clearTimeout(this.timer);
    this.controller?.abort();
    this.end();
    this.text.value = "";
    this.text.focus();
    this.result.clear();
    this.evidence.show(null);
    setText(byId("status"), "");
  }
}
