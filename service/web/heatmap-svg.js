/** A heat map as SVG: target words on the left, source words above, a number in every cell that matters. */

import { coloursOf, scaleOf } from "./colours.js";

const NAMESPACE = "http://www.w3.org/2000/svg";
const CELL = 34;
const MARGIN = 12;
const FONT = "system-ui, 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif";
/** Width of a character of a label in pixels; source labels lean by 45 degrees. */
const WIDE = 15;
const NARROW = 8.5;
const LEAN = Math.SQRT1_2;

/**
 * @param {import("./evidence.js").Matrix[]} matrices below each other
 * @param {{method: string, theme: string, title: string}} options
 * @returns {SVGSVGElement} whose cells carry `data-matrix`, `data-row` and `data-column`
 */
export function drawSvg(matrices, { method, theme, title }) {
  const scale = scaleOf(theme);
  const drawings = matrices.map((matrix, number) => drawMatrix(matrix, number, method, scale));
  const width = Math.max(...drawings.map((one) => one.width)) + 2 * MARGIN;
  const height = drawings.reduce((sum, one) => sum + one.height + MARGIN, MARGIN);
  const svg = shape("svg", { xmlns: NAMESPACE, width, height, viewBox: `0 0 ${width} ${height}`, "font-family": FONT, "font-size": 14 });
  svg.append(label(title, {}, "title"), shape("rect", { width, height, fill: scale.paper }));
  let top = MARGIN;
  for (const drawing of drawings) {
    drawing.group.setAttribute("transform", `translate(${MARGIN},${top})`);
    svg.append(drawing.group);
    top += drawing.height + MARGIN;
  }
  return svg;
}

function drawMatrix({ source, target, values }, number, method, scale) {
  const widths = source.map((word) => widthOf(word.text));
  const left = Math.max(0, ...target.map((word) => widthOf(word.text))) + 8;
  const above = Math.ceil(Math.max(0, ...widths) * LEAN) + 14;
  const group = shape("g", {});
  source.forEach((word, column) => {
    const place = `translate(${left + column * CELL + CELL / 2},${above - 8}) rotate(-45)`;
    group.append(label(word.text, { transform: place, fill: scale.ink }));
  });
  const greatest = method === "attention" ? 1 : Math.max(...values.flat().map(Math.abs), 1e-9);
  target.forEach((word, row) => {
    const y = above + row * CELL;
    group.append(label(word.text, { x: left - 8, y: y + CELL / 2 + 5, "text-anchor": "end", fill: scale.ink }));
    values[row].forEach((value, column) => {
      const place = { x: left + column * CELL, y };
      group.append(...drawCell(value, greatest, place, { "data-matrix": number, "data-row": row, "data-column": column }, method, scale));
    });
  });
  const right = widths.map((width, column) => column * CELL + CELL / 2 + width * LEAN + 10);
  return { group, width: left + Math.max(source.length * CELL, ...right), height: above + target.length * CELL };
}

function drawCell(value, greatest, { x, y }, data, method, scale) {
  const { fill, ink } = coloursOf(value / greatest, scale);
  const cell = shape("rect", { x, y, width: CELL, height: CELL, fill, stroke: scale.line, class: "cell", ...data });
  const number = shortNumber(value, method);
  if (!number) return [cell];
  const middle = { x: x + CELL / 2, y: y + CELL / 2 + 4, "text-anchor": "middle", "font-size": 11, fill: ink, "pointer-events": "none" };
  return [cell, label(number, middle)];
}

/** A value as a cell shows it: percent of the attention, or nats; nothing where it is hardly anything. */
function shortNumber(value, method) {
  if (method === "attention") return value >= 0.01 ? String(Math.round(value * 100)) : "";
  return Math.abs(value) >= 0.05 ? value.toFixed(1).replace("-", "−") : "";
}

function widthOf(text) {
  return [...text].reduce((sum, one) => sum + (one > "\u2e7f" ? WIDE : NARROW), 0);
}

function label(text, attributes, name = "text") {
  const element = shape(name, attributes);
  element.textContent = text;
  return element;
}

function shape(name, attributes) {
  const element = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
