/** The agent's reply before it goes: what the customer will read, how sure it is, and what it says back. */

import { byId } from "./elements.js";
import { setText } from "./i18n.js";
import { scoreMessage, translateMessage } from "./message.js";
import { confidenceText, listWarnings } from "./warnings.js";
import { doubtOf } from "./zhuyi-aligned.js";

/** From here on a whole reply is doubtful; see `doubtOf`. */
const DOUBTFUL = 2;

export class ReplyCheck {
  number = 0;

  constructor() { this.clear(); }

  /** Forgets the check; one that still runs is passed over. */
  clear() {
    Object.assign(this, { message: null, isDoubtful: false, number: this.number + 1 });
    byId("check-panel").hidden = true;
    setText(byId("agent-send"), "send");
  }

  /**
   * Checks a reply, with the agent's own Chinese where there is one.
   * @returns {Promise<import("./message.js").Message|null>} null where there is nothing to check, or the
   *   reply changed meanwhile. Raises Problem.
   */
  async run(text, own) {
    this.clear();
    if (!text) return null;
    const { number } = this;
    setText(byId("check-verdict"), "checking");
    byId("check-results").hidden = true;
    byId("check-panel").hidden = false;
    const forward = own ? await scoreMessage(text, own, "en", "zh") : await translateMessage(text, "en", "zh");
    const message = forward ?? { text, translation: own, alignment: [], words: [], confidence: null, warnings: [] };
    const [carried, back] = await Promise.all([
      scoreMessage(message.translation, text, "zh", "en"), translateMessage(message.translation, "zh", "en"),
    ]);
    if (number !== this.number) return null;
    this.show(message, carried, back);
    return message;
  }

  /** `carried` is the reply itself as a translation of the Chinese: what the Chinese lost is doubtful there. */
  show(message, carried, back) {
    const isUnscored = carried === null || message.confidence === null;
    const doubt = Math.max(doubtOf(message.confidence), doubtOf(carried?.confidence));
    this.message = message;
    const isSuspect = message.warnings.length > 0 || doubt >= DOUBTFUL;
    this.isDoubtful = isSuspect || isUnscored;
    setText(byId("check-verdict"), isSuspect ? "check_doubtful" : isUnscored ? "check_unscored" : "check_good");
    setText(byId("agent-send"), this.isDoubtful ? "send_anyway" : "send");
    byId("check-results").hidden = false;
    byId("check-back").textContent = back.translation;
    drawSide("check", message);
    byId("carried").hidden = carried === null;
    if (carried) drawSide("carried", carried);
    const mark = (marks) => { byId("check-aligned").marks = marks; };
    byId("check-warnings").replaceChildren(...listWarnings(message.warnings, message.text, message.translation, mark));
  }
}

function drawSide(name, { text, translation, alignment, words, confidence }) {
  byId(`${name}-aligned`).show({ source: text, target: translation, alignment, words, marks: { source: [], target: [] } });
  setText(byId(`${name}-confidence`), ...confidenceText(confidence));
}
