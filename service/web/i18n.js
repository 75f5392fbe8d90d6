/** The language of the interface: elements name their string, and are filled again when it changes. */

import { STRINGS } from "./strings.js";

const INDEX = { en: 0, zh: 1 };
/** Which data attribute fills what. */
const FILLS = {
  text: (element, said) => { element.textContent = said; },
  label: (element, said) => element.setAttribute("aria-label", said),
  placeholder: (element, said) => element.setAttribute("placeholder", said),
};

/** The language now: "en" or "zh". */
export function uiLanguage() {
  return document.documentElement.lang.startsWith("zh") ? "zh" : "en";
}

/**
 * The string of a key in the language of the interface.
 * @param {string} key
 * @param {Object<string, string|number>} [values] for the places in braces; `{key: "zh"}` is a string itself
 */
export function say(key, values = {}) {
  const text = STRINGS[key][INDEX[uiLanguage()]];
  return text.replace(/\{(\w+)\}/g, (_, name) => (values[name].key ? say(values[name].key) : String(values[name])));
}

/** True where there is such a string. */
export const hasString = (key) => Object.hasOwn(STRINGS, key);

/**
 * Names the string of an element and fills it; without a key it is emptied.
 * @param {HTMLElement} element
 * @param {string} key
 * @param {Object<string, string|number>} [values]
 */
export function setText(element, key, values = {}) {
  if (!key) {
    delete element.dataset.text;
    element.textContent = "";
    return element;
  }
  element.dataset.text = key;
  element.dataset.values = JSON.stringify(values);
  fill(element);
  return element;
}

/** Switches the interface, and everything in `document` with it. */
export function setUiLanguage(language) {
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  document.title = say("title");
  fillAll(document);
}

/** Fills all elements below `root` that name a string. */
export function fillAll(root) {
  for (const element of root.querySelectorAll("[data-text], [data-label], [data-placeholder]")) fill(element);
  for (const element of root.querySelectorAll("zhuyi-aligned")) element.setAttribute("ui-lang", uiLanguage());
}

function fill(element) {
  const values = JSON.parse(element.dataset.values ?? "{}");
  for (const [name, put] of Object.entries(FILLS)) {
    if (element.dataset[name]) put(element, say(element.dataset[name], values));
  }
}
