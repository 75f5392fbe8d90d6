/** A chat message: a text, its translation, and what is known of that. */

import { score, translate } from "./api.js";

/**
 * @typedef {{text: string, translation: string, alignment: any[], words: any[],
 *   confidence: number|null, warnings: any[]}} Message
 */

/** @returns {Promise<Message>} translated by the service; raises Problem */
export async function translateMessage(text, source, target) {
  const { details } = await translate({ q: text, source, target });
  const { alignment = [], words = [], confidence = null, warnings = [] } = details;
  return { text, translation: details.text, alignment, words, confidence, warnings };
}

/**
 * @returns {Promise<Message|null>} a given translation as the model sees it; null where the service
 *   cannot score. Raises Problem.
 */
export async function scoreMessage(text, translation, source, target) {
  try {
    return { text, translation, ...(await score({ q: text, translation, source, target })) };
  } catch (error) {
    if (error.isUnknown) return null;
    throw error;
  }
}
