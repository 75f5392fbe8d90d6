/** Language and colours of the page, as chosen here or else as the browser has them. */

import { byId } from "./elements.js";
import { setUiLanguage, uiLanguage } from "./i18n.js";
import { keep, recall } from "./storage.js";

/**
 * Sets up both switches.
 * @param {() => void} redraw called when what is drawn with colours or words must be drawn again
 */
export function startPreferences(redraw) {
  const theme = byId("theme");
  const setTheme = (name) => {
    document.documentElement.dataset.theme = name;
    theme.value = name;
    redraw();
  };
  const setLanguage = (language) => {
    setUiLanguage(language);
    redraw();
  };
  setTheme(recall("theme", "auto"));
  setLanguage(recall("language", navigator.language.startsWith("zh") ? "zh" : "en"));
  theme.addEventListener("change", () => { keep("theme", theme.value); setTheme(theme.value); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  byId("language-switch").addEventListener("click", () => {
    const next = uiLanguage() === "zh" ? "en" : "zh";
    keep("language", next);
    setLanguage(next);
  });
}
