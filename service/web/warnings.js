/** Warnings of the service in words, with the places they speak of. */

import { make } from "./elements.js";
import { hasString, setText } from "./i18n.js";
import { unitsOf } from "./zhuyi-aligned.js";

/**
 * The warnings as list items, each with a button that shows where.
 * @param {any[]} warnings as the service gives them, places in code points
 * @param {string} source
 * @param {string} target
 * @param {(marks: {source: number[][], target: number[][]}) => void} mark
 */
export function listWarnings(warnings, source, target, mark) {
  return warnings.map((warning) => {
    const about = make("p");
    const key = `warning_${warning.type}`;
    if (hasString(key)) setText(about, key);
    else about.textContent = warning.message;
    const places = [...quotes(warning.source_spans, source, "warning_source"), ...quotes(warning.target_spans, target, "warning_target")];
    const severity = setText(make("strong"), `severity_${warning.severity}`);
    const item = make("li", { class: `warning ${warning.severity}`, title: warning.message }, severity, about, ...places);
    if (places.length) item.append(markButton(warning, mark));
    return item;
  });
}

function quotes(spans, text, key) {
  if (!spans?.length) return [];
  const units = unitsOf(text);
  const quoted = spans.map(([start, end]) => `“${text.slice(units(start), units(end))}”`).join(", ");
  return [setText(make("p", { class: "quote" }), key, { text: quoted })];
}

/** Pressed, the places are outlined in both texts; pressed again, no longer. */
function markButton(warning, mark) {
  const button = make("button", { type: "button", class: "small", "aria-pressed": "false" });
  setText(button, "warning_show");
  button.addEventListener("click", () => {
    const shown = button.getAttribute("aria-pressed") !== "true";
    for (const other of button.closest("ul").querySelectorAll("[aria-pressed]")) other.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-pressed", String(shown));
    mark({ source: shown ? warning.source_spans ?? [] : [], target: shown ? warning.target_spans ?? [] : [] });
  });
  return button;
}

/** Key and values of the string that tells a confidence of 0 to 1. */
export function confidenceText(confidence) {
  if (typeof confidence !== "number") return ["confidence_none", {}];
  return ["confidence", { percent: Math.round(confidence * 100) }];
}
