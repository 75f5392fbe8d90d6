/** What this browser remembers, under names of our own; where it does not let us, memory serves. */

const PREFIX = "zhuyi.";

/** The value kept under a name, or `fallback` where there is none or it cannot be read. */
export function recall(name, fallback) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name)) ?? fallback;
  } catch {
    return fallback;
  }
}

/** Keeps a value; false where the browser does not allow that, or has no room. */
export function keep(name, value) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}
