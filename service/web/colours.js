/** Colours of a heat map's cells, and ink that can be read on them. */

/** Of nothing, of all, and of what speaks against; by theme. */
const SCALES = {
  light: { none: [255, 255, 255], all: [8, 48, 107], against: [148, 60, 0], line: "#d8d5cc", ink: "#1f2328", paper: "#ffffff" },
  dark: { none: [29, 33, 39], all: [158, 202, 255], against: [255, 171, 112], line: "#3a3f46", ink: "#e8e6e1", paper: "#1d2127" },
};

/** The theme that is shown now, whether chosen or the system's. */
export function themeNow() {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export const scaleOf = (theme) => SCALES[theme];

/** Fill and ink of a cell; `share` is -1 to 1 of the greatest value, below 0 where it speaks against. */
export function coloursOf(share, scale) {
  const end = share < 0 ? scale.against : scale.all;
  const strength = Math.min(Math.abs(share), 1);
  const fill = scale.none.map((from, at) => Math.round(from + (end[at] - from) * strength));
  return { fill: hex(fill), ink: luminance(fill) > 0.179 ? "#000000" : "#ffffff" };
}

const hex = (rgb) => `#${rgb.map((part) => part.toString(16).padStart(2, "0")).join("")}`;

/** Relative luminance, WCAG 2.2; above 0.179 black has more contrast than white. */
function luminance(rgb) {
  const [r, g, b] = rgb.map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
