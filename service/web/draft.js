/**
 * A translation on its way: the pieces of its sentences, in order, until the whole answer replaces them.
 *
 * Sentences grow side by side; the places of links are those of the sentence's own translation, so they
 * move as the sentences before it grow.
 */

/** What may end a text that needs no space before the next sentence. */
const NEEDS_NO_SPACE = /[\s\u2e80-\uffef]$/;

export class Draft {
  segments = [];
  whole = null;

  /** Takes in an event of the stream; true where there is something new to show. */
  hear(name, data) {
    if (name === "translation.chunk") {
      const { text, links } = this.segments[data.segment] ?? { text: "", links: [] };
      this.segments[data.segment] = { text: text + data.delta, links: [...links, ...(data.alignment ?? [])] };
    } else if (name === "translation.segment") {
      this.segments[data.segment] = { text: data.text, links: this.segments[data.segment]?.links ?? [] };
    } else if (name === "translation.item") this.finish(data);
    else return false;
    return true;
  }

  finish({ text, alignment = [] }) {
    this.whole = { target: text, alignment, words: [] };
  }

  /** What is there so far. */
  get shown() {
    return this.whole ?? this.segments.reduce(joined, { target: "", alignment: [], words: [] });
  }
}

/** The text so far with one more sentence behind it; a link to what has not come yet waits. */
function joined({ target, alignment, words }, { text, links }) {
  const before = !target || NEEDS_NO_SPACE.test(target) ? target : `${target} `;
  const start = [...before].length;
  const length = [...text].length;
  const moved = links
    .filter(({ tgt }) => tgt[1] <= length)
    .map((link) => ({ ...link, tgt: link.tgt.map((place) => place + start) }));
  return { target: before + text, alignment: [...alignment, ...moved], words };
}
