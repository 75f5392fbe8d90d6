/** The API key of this tab: asked for once a service wants one, kept until the tab is closed, nowhere else. */

import { byId } from "./elements.js";

const NAME = "zhuyi.key";

/** The headers that a request needs: none where no key was given. */
export function keyHeaders() {
  const key = byId("key").value.trim();
  return key ? { "X-API-Key": key } : {};
}

/** Shows where to write the key. */
export function askForKey() {
  byId("key-field").hidden = false;
}

/** Fills in the key that this tab knows already, and remembers another. */
export function startKey() {
  const field = byId("key");
  try {
    field.value = sessionStorage.getItem(NAME) ?? "";
    field.addEventListener("change", () => sessionStorage.setItem(NAME, field.value.trim()));
  } catch {
    field.value = ""; // a browser that keeps nothing: the field itself holds it
  }
  if (field.value) askForKey();
}
