/**
 * A translation on its way: the pieces of its sentences, in order, until the whole answer replaces them.
 *
 * Sentences grow side by side, so where a later one begins is known at the end only: until then partners
 * are those of the first.
 */

/** What may end a text that needs no space before the next sentence. */
const NEEDS_NO_SPACE = /[\s\u2e80-\uffef]$/;

export class Draft {
  segments = [];
  alignment = [];

  /** Takes in an event of the stream; true where there is something new to show. */
  hear(name, data) {
    if (name === "translation.chunk") {
      this.segments[data.segment] = (this.segments[data.segment] ?? "") + data.delta;
      if (data.segment === 0) this.alignment.push(...(data.alignment ?? []));
    } else if (name === "translation.segment") this.segments[data.segment] = data.text;
    else if (name === "translation.item") this.finish(data);
    else return false;
    return true;
  }

  finish({ text, alignment = [] }) {
    this.segments = [text];
    this.alignment = alignment;
  }

  get text() {
    return this.segments.reduce((text, segment) => (!text || NEEDS_NO_SPACE.test(text) ? text : `${text} `) + segment.trimStart(), "");
  }

  /** What is there so far; a link to what has not come yet waits. */
  get shown() {
    const { text } = this;
    const length = [...text].length;
    return { target: text, alignment: this.alignment.filter(({ tgt }) => tgt[1] <= length), words: [] };
  }
}
