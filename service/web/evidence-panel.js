/** The panel of evidence: attention or occlusion for the translation shown, as heat map and as links. */

import { lookAt } from "./api.js";
import { byId } from "./elements.js";
import { linksOfDrops, matricesOf } from "./evidence.js";
import { describe, isStopped } from "./failures.js";
import { HeatMap } from "./heatmap.js";
import { setText } from "./i18n.js";

export class EvidencePanel {
  /** @param {(links: any[]|null) => void} relink called with the links of occlusion, or null for attention's */
  constructor(relink) {
    this.relink = relink;
    this.heatMap = new HeatMap();
    this.subject = null;
    this.controller = new AbortController();
    for (const choice of document.querySelectorAll('[name="method"]')) choice.addEventListener("change", () => this.load());
  }

  get method() { return document.querySelector('[name="method"]:checked').value; }

  /** Shows the evidence for a translation; null where there is none yet. */
  show(subject) {
    this.subject = subject;
    return this.load();
  }

  /** Draws the picture again, in other colours or another language. */
  redraw() { this.heatMap.draw(); }

  async load() {
    this.controller.abort();
    this.controller = new AbortController();
    setText(byId("evidence-status"), "");
    if (!this.subject) return this.heatMap.show([], this.method);
    const { signal } = this.controller;
    byId("evidence").setAttribute("aria-busy", "true");
    try {
      const tell = (progress) => setText(byId("evidence-status"), "leaving_out", progress);
      const answer = await lookAt({ ...this.subject, method: this.method }, signal, tell);
      setText(byId("evidence-status"), "");
      this.draw(answer, this.method);
    } catch (error) {
      if (isStopped(error)) return;
      this.heatMap.show([], this.method);
      setText(byId("evidence-status"), "failed", { detail: describe(error) });
    }
    byId("evidence").setAttribute("aria-busy", "false");
  }

  /** Falls back to attention, and says so, where the service has no occlusion. */
  draw(answer, method) {
    const matrices = matricesOf(answer, method);
    if (matrices === null) {
      setText(byId("evidence-status"), "occlusion_missing");
      return this.draw(answer, "attention");
    }
    this.heatMap.show(matrices, method);
    this.relink(method === "occlusion" ? linksOfDrops(matrices) : null);
  }
}
