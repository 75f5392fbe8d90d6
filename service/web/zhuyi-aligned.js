/**
 * `<zhuyi-aligned>`: a text and its translation, word by word; whoever points at a word sees its partners.
 *
 * One file, no dependencies. Texts become text nodes, never markup; styles are a constructed sheet, so
 * that a strict Content-Security-Policy allows both.
 *
 * Attributes (each also a property of the same meaning):
 *   source, target            the two texts
 *   alignment                 JSON: [{"src": [start, end], "tgt": [start, end], "p": 0..1}]
 *   words                     JSON: [{"start", "end", "confidence": 0..1}] of the target, for shading
 *   source-lang, target-lang  language codes; "auto" is allowed for the source where the service translates
 *   offsets                   what places count: "code_points" (the service's default) or "utf16" (JavaScript's own)
 *   src-url                   base address of a service: what is missing is fetched there
 *   translation-first         the translation above, the source underneath
 *   ui-lang                   "en" or "zh"; default is that of the document
 * Properties only: marks = {source: [[start, end]], target: [[start, end]]}, outlined whatever is pointed at.
 * Events: `zhuyi-select` with {side, text, partners}, `zhuyi-error` with {status, detail}.
 * Keys: left and right move, up and down go to a word's partner, Enter pins, Escape lets go.
 */

const STYLE = `
:host { display: block; color-scheme: inherit; line-height: 1.9; font-size: var(--zhuyi-size, 1.125rem); }
:host([hidden]) { display: none; }
.side { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; color: var(--zhuyi-ink, light-dark(#1f2328, #e8e6e1)); }
.source { color: var(--zhuyi-soft, light-dark(#555b63, #b3b7bd)); font-size: .92em; }
.side + .side { margin-top: .4em; padding-top: .4em; border-top: 1px solid var(--zhuyi-line, light-dark(#dfdcd3, #3a3f46)); }
.side:empty { display: none; }
.word { border-radius: .2em; padding: .08em 0; cursor: pointer; text-underline-offset: .28em; outline-offset: 1px; }
.word:focus-visible { outline: 2px solid var(--zhuyi-accent, light-dark(#1d4e89, #9cc3f5)); }
[data-doubt] { background: light-dark(#fdf3d7, #3b3215); text-decoration: underline dotted 1px; }
[data-doubt="2"] { background: light-dark(#fbe3ac, #54430f); text-decoration-thickness: 2px; }
[data-doubt="3"] { background: light-dark(#f8cf8b, #6b4a0c); text-decoration: underline wavy 1px; }
.marked { box-shadow: 0 0 0 1px light-dark(#a3341f, #ff9d85); text-decoration: underline double; }
.active { background: var(--zhuyi-accent, light-dark(#1d4e89, #9cc3f5)); color: light-dark(#fff, #10151b); }
.partner { background: light-dark(#d5e5f8, #254466); color: light-dark(#10233c, #f0f6ff); text-decoration: underline solid 1px; }
.partner[data-strength="2"] { text-decoration-thickness: 2px; }
.partner[data-strength="3"] { text-decoration-thickness: 3px; }
.caption { min-height: 1.5em; margin: .4em 0 0; font-size: .8rem; line-height: 1.5; color: var(--zhuyi-soft, light-dark(#555b63, #b3b7bd)); }
`;
const SHEET = new CSSStyleSheet();
SHEET.replaceSync(STYLE);

const STRINGS = {
  en: {
    source: "Source, word by word", target: "Translation, word by word", none: "no clear partner",
    confidence: "confidence", doubtful: "doubtful", failed: "Could not be fetched",
  },
  zh: {
    source: "原文（逐词）", target: "译文（逐词）", none: "没有明确的对应词",
    confidence: "置信度", doubtful: "存疑", failed: "无法获取",
  },
};
/** Below these a word is a little, rather, or very doubtful. */
const DOUBT_BELOW = [0.7, 0.5, 0.3];
const OTHER = { source: "target", target: "source" };
const LINK_KEY = { source: "src", target: "tgt" };
const JSON_ATTRIBUTES = ["alignment", "words"];

/** How doubtful a confidence is: 0 (not) to 3 (very). */
export function doubtOf(confidence) {
  return typeof confidence === "number" ? DOUBT_BELOW.filter((bound) => confidence < bound).length : 0;
}

/** A function from a place in code points to the same place in UTF-16 units of `text`. */
export function unitsOf(text) {
  if (!/[\ud800-\udbff]/.test(text)) return (place) => place;
  const units = [0];
  for (const character of text) units.push(units.at(-1) + character.length);
  return (place) => units[Math.min(place, units.length - 1)];
}

/** The spans [start, end] in order, each once, without those that overlap one before or are empty. */
export function disjoint(spans) {
  const kept = [];
  for (const span of [...spans].sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (span[1] > span[0] && span[0] >= (kept.at(-1)?.[1] ?? 0)) kept.push(span);
  }
  return kept;
}

const overlap = (a, b) => a[0] < b[1] && b[0] < a[1];
const percent = (share) => `${Math.round(share * 100)} %`;

export class ZhuyiAligned extends HTMLElement {
  static observedAttributes = [
    "source", "target", "alignment", "words", "source-lang", "target-lang", "offsets", "src-url", "ui-lang",
    "translation-first",
  ];

  #data = { source: "", target: "", alignment: [], words: [], marks: { source: [], target: [] } };
  #sides = {};
  #spans = { source: [], target: [] };
  #caption = document.createElement("p");
  #active = null;
  #pinned = false;
  #links = [];
  #frame = 0;
  #request = null;
  #asked = "";

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [SHEET];
    for (const side of ["source", "target"]) root.append(this.#makeSide(side));
    Object.assign(this.#caption, { className: "caption", part: "caption" });
    this.#caption.setAttribute("aria-live", "polite");
    root.append(this.#caption);
  }

  connectedCallback() { this.#schedule(); }

  disconnectedCallback() { this.#request?.abort(); }

  attributeChangedCallback(name, _, value) {
    if (name === "translation-first") this.shadowRoot.prepend(this.#sides[value === null ? "source" : "target"]);
    else if (JSON_ATTRIBUTES.includes(name)) this.#data[name] = JSON.parse(value || "[]");
    else if (name in this.#data) this.#data[name] = value ?? "";
    this.#schedule();
  }

  /** Sets any of source, target, alignment, words and marks at once. */
  show(data) {
    Object.assign(this.#data, data);
    this.#schedule();
  }

  get source() { return this.#data.source; }
  set source(text) { this.show({ source: text }); }
  get target() { return this.#data.target; }
  set target(text) { this.show({ target: text }); }
  get alignment() { return this.#data.alignment; }
  set alignment(links) { this.show({ alignment: links }); }
  get words() { return this.#data.words; }
  set words(words) { this.show({ words }); }
  get marks() { return this.#data.marks; }
  set marks(marks) { this.show({ marks }); }

  #makeSide(side) {
    const element = document.createElement("div");
    Object.assign(element, { className: `side ${side}`, part: side });
    element.setAttribute("role", "toolbar");
    element.addEventListener("pointerover", (event) => this.#pinned || this.#point(side, event.target));
    element.addEventListener("pointerleave", () => this.#pinned || this.#rest());
    element.addEventListener("focusin", (event) => this.#point(side, event.target));
    element.addEventListener("focusout", () => this.#pinned || this.#rest());
    element.addEventListener("click", (event) => this.#pin(side, event.target));
    element.addEventListener("keydown", (event) => this.#press(side, event));
    this.#sides[side] = element;
    return element;
  }

  /** Draws once per frame however much changed, and fetches what is missing. */
  #schedule() {
    if (this.#frame || !this.isConnected) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
      if (this.getAttribute("src-url") !== null && this.#data.source) this.#fetch();
    });
  }

  #draw() {
    const { source, target, alignment, words, marks } = this.#data;
    const inCodePoints = this.getAttribute("offsets") !== "utf16";
    const units = { source: inCodePoints ? unitsOf(source) : Number, target: inCodePoints ? unitsOf(target) : Number };
    const place = (side, [start, end]) => [units[side](start), units[side](end)];
    this.#links = alignment.map((link) => ({ source: place("source", link.src), target: place("target", link.tgt), p: link.p }));
    const confidences = words.map((one) => ({ span: place("target", [one.start, one.end]), confidence: one.confidence }));
    const known = { source: [], target: confidences.map((one) => one.span) };
    for (const side of ["source", "target"]) {
      this.#spans[side] = disjoint([...known[side], ...this.#links.map((link) => link[side])]);
      this.#fill(side, this.#data[side], marks[side].map((span) => place(side, span)), confidences);
    }
    this.#pinned = false;
    this.#rest();
  }

  /** Puts the text of a side in, words as elements and what is between them as it is. */
  #fill(side, text, marks, confidences) {
    const element = this.#sides[side];
    const focused = element.contains(this.shadowRoot.activeElement) ? Number(this.shadowRoot.activeElement.dataset.index) : -1;
    const parts = [];
    let at = 0;
    this.#spans[side].forEach((span, index) => {
      parts.push(text.slice(at, span[0]), this.#makeWord(side, index, text.slice(...span), marks, confidences));
      at = span[1];
    });
    element.replaceChildren(...parts, text.slice(at));
    element.lang = { zh: "zh-Hans" }[this.getAttribute(`${side}-lang`)] ?? this.getAttribute(`${side}-lang`) ?? "";
    element.setAttribute("aria-label", this.#text(side));
    if (focused >= 0) this.#word(side, Math.min(focused, this.#spans[side].length - 1))?.focus();
  }

  #makeWord(side, index, text, marks, confidences) {
    const span = this.#spans[side][index];
    const word = document.createElement("span");
    Object.assign(word, { className: "word", textContent: text, tabIndex: index === 0 ? 0 : -1 });
    word.dataset.index = index;
    word.setAttribute("role", "button");
    word.setAttribute("aria-pressed", "false");
    word.classList.toggle("marked", marks.some((mark) => overlap(mark, span)));
    if (side === "target") word.confidence = confidences.find((one) => overlap(one.span, span))?.confidence;
    const doubt = doubtOf(word.confidence);
    if (doubt) word.dataset.doubt = doubt;
    return word;
  }

  #word(side, index) { return this.#sides[side].querySelector(`[data-index="${index}"]`); }

  #text(key) {
    const language = this.getAttribute("ui-lang") || this.ownerDocument.documentElement.lang || "en";
    return STRINGS[language.startsWith("zh") ? "zh" : "en"][key];
  }

  /** The partners of a word: index on the other side and the greatest share of any link between them. */
  #partners(side, index) {
    const shares = new Map();
    for (const link of this.#links.filter((one) => overlap(one[side], this.#spans[side][index]))) {
      this.#spans[OTHER[side]].forEach((span, other) => {
        if (overlap(span, link[OTHER[side]])) shares.set(other, Math.max(link.p, shares.get(other) ?? 0));
      });
    }
    return [...shares].map(([other, p]) => ({ index: other, p })).sort((a, b) => b.p - a.p);
  }

  /** Shows a word and its partners. */
  #point(side, word) {
    if (!word.classList.contains("word")) return;
    this.#rest();
    const index = Number(word.dataset.index);
    const partners = this.#partners(side, index);
    this.#active = { side, index };
    word.classList.add("active");
    word.setAttribute("aria-pressed", String(this.#pinned));
    for (const { index: other, p } of partners) {
      const partner = this.#word(OTHER[side], other);
      partner.classList.add("partner");
      partner.dataset.strength = p >= 0.6 ? 3 : p >= 0.3 ? 2 : 1;
    }
    this.#tell(side, word, partners);
  }

  #tell(side, word, partners) {
    const named = partners.map(({ index, p }) => ({ text: this.#word(OTHER[side], index).textContent, p }));
    const listed = named.map(({ text, p }) => `${text} ${percent(p)}`).join(", ") || this.#text("none");
    let said = `${word.textContent} ${side === "source" ? "→" : "←"} ${listed}`;
    if (typeof word.confidence === "number") said += ` · ${this.#text("confidence")} ${percent(word.confidence)}`;
    if (doubtOf(word.confidence) > 1) said += `, ${this.#text("doubtful")}`;
    this.#caption.textContent = said;
    const detail = { side, text: word.textContent, partners: named };
    this.dispatchEvent(new CustomEvent("zhuyi-select", { detail, bubbles: true, composed: true }));
  }

  #rest() {
    for (const word of this.shadowRoot.querySelectorAll(".active, .partner")) {
      word.classList.remove("active", "partner");
      word.setAttribute("aria-pressed", "false");
      delete word.dataset.strength;
    }
    this.#active = null;
    this.#caption.textContent = "";
  }

  /** Keeps a word shown, or lets go where it was kept already. */
  #pin(side, word) {
    if (!word.classList.contains("word")) return;
    const same = this.#pinned && this.#active?.side === side && this.#active.index === Number(word.dataset.index);
    this.#pinned = !same;
    this.#point(side, word);
  }

  #press(side, event) {
    const index = Number(event.target.dataset.index);
    const last = this.#spans[side].length - 1;
    const moves = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: last };
    if (event.key in moves) this.#go(side, Math.min(Math.max(moves[event.key], 0), last));
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") this.#go(OTHER[side], this.#partners(side, index)[0]?.index);
    else if (event.key === "Enter" || event.key === " ") this.#pin(side, event.target);
    else if (event.key === "Escape") { this.#pinned = false; this.#rest(); }
    else return;
    event.preventDefault();
  }

  /** Moves the focus, and with it the only tab stop of that side. */
  #go(side, index) {
    const next = this.#word(side, index);
    if (!next) return;
    for (const word of this.#sides[side].querySelectorAll('[tabindex="0"]')) word.tabIndex = -1;
    next.tabIndex = 0;
    this.#pinned = false;
    next.focus();
  }

  /** Translates, or looks at the given translation, at the service of `src-url`; once for the same texts. */
  async #fetch() {
    const { source, target, alignment } = this.#data;
    const asked = JSON.stringify([source, target, this.getAttribute("src-url"), this.getAttribute("target-lang")]);
    if (this.#asked === asked || alignment.length) return;
    this.#asked = asked;
    this.#request?.abort();
    this.#request = new AbortController();
    this.ariaBusy = "true";
    const body = {
      q: source, source: this.getAttribute("source-lang") || "auto", target: this.getAttribute("target-lang"),
      offsets: this.getAttribute("offsets") || "code_points",
    };
    try {
      const found = target ? await this.#look({ ...body, translation: target }) : await this.#translate(body);
      const isCurrent = this.#data.source === source && this.#data.target === target;
      if (isCurrent) this.show(found);
    } catch (error) {
      if (error.name !== "AbortError") this.#fail(error);
    } finally {
      this.ariaBusy = "false";
    }
  }

  async #translate(body) {
    const answer = await this.#post("translate", { ...body, include: ["alignment"] });
    return { target: answer.translatedText, alignment: answer.translations[0].alignment };
  }

  async #look(body) {
    const { segments } = await this.#post("attention-weights", body);
    return { alignment: segments.flatMap((segment) => segment.alignment) };
  }

  async #post(path, body) {
    const base = new URL(this.getAttribute("src-url").replace(/\/?$/, "/"), this.ownerDocument.baseURI);
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(new URL(path, base), { method: "POST", headers, body: JSON.stringify(body), signal: this.#request.signal });
    const json = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(json.detail), { status: answer.status });
    return json;
  }

  #fail(error) {
    this.#caption.textContent = `${this.#text("failed")}: ${error.message}`;
    const detail = { status: error.status ?? 0, detail: error.message };
    this.dispatchEvent(new CustomEvent("zhuyi-error", { detail, bubbles: true, composed: true }));
  }
}

customElements.define("zhuyi-aligned", ZhuyiAligned);
