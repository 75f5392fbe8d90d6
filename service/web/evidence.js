/** Weights and drops of an answer as matrices for the heat map, and as links between words. */

/** The least share of a word's evidence that makes a link, and the least fall in nats that counts at all. */
const MIN_SHARE = 0.2;
const MIN_DROP = 0.1;

/**
 * @typedef {{text: string, start: number, end: number}} Word
 * @typedef {{source: Word[], target: Word[], values: number[][]}} Matrix a row per target word
 */

/**
 * A matrix per sentence.
 * @param {{segments: any[]}} answer of `POST /attention-weights`
 * @param {"attention"|"occlusion"} method
 * @returns {Matrix[]|null} null where the answer has no such evidence
 */
export function matricesOf({ segments }, method) {
  if (method === "attention") {
    return segments.map(({ words }) => ({ source: words.source, target: words.target, values: words.weights }));
  }
  if (segments.some((segment) => !segment.occlusion)) return null;
  return segments.map(({ occlusion }) => ({ source: occlusion.source, target: occlusion.target, values: occlusion.drops }));
}

/** Links of the words that mattered: `p` is the share of a target word's whole fall. */
export function linksOfDrops(matrices) {
  return matrices.flatMap(({ source, target, values }) =>
    values.flatMap((drops, row) => {
      const counted = drops.map((drop) => (drop >= MIN_DROP ? drop : 0));
      const total = counted.reduce((sum, drop) => sum + drop, 0);
      return counted
        .map((drop, column) => ({ column, p: total ? drop / total : 0 }))
        .filter(({ p }) => p >= MIN_SHARE)
        .map(({ column, p }) => ({ src: spanOf(source[column]), tgt: spanOf(target[row]), p }));
    }));
}

const spanOf = (word) => [word.start, word.end];
