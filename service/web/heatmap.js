/** The heat map on the page: zoom, the cell that is pointed at in words, a table, and files to keep. */

import { themeNow } from "./colours.js";
import { byId, make, save } from "./elements.js";
import { drawSvg } from "./heatmap-svg.js";
import { say, setText } from "./i18n.js";

const MAX_CELLS = 10_000;
const ZOOM_STEP = 1.25;
const ZOOM_BOUNDS = [0.25, 4];
const MOVES = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };

export class HeatMap {
  constructor() {
    this.frame = byId("heat-map");
    this.matrices = [];
    this.method = "attention";
    this.zoom = 1;
    this.frame.addEventListener("pointerover", (event) => this.tell(event.target));
    this.frame.addEventListener("keydown", (event) => this.press(event));
    this.frame.addEventListener("wheel", (event) => this.roll(event), { passive: false });
    byId("zoom-in").addEventListener("click", () => this.setZoom(this.zoom * ZOOM_STEP));
    byId("zoom-out").addEventListener("click", () => this.setZoom(this.zoom / ZOOM_STEP));
    byId("zoom-reset").addEventListener("click", () => this.setZoom(1));
    byId("save-svg").addEventListener("click", () => save(this.svgBlob(), `zhuyi-${this.method}.svg`));
    byId("save-png").addEventListener("click", () => this.savePng());
  }

  /** Draws the matrices of an answer; none empties the picture. */
  show(matrices, method) {
    const count = matrices.reduce((sum, { values }) => sum + values.length * (values[0]?.length ?? 0), 0);
    Object.assign(this, { matrices: count <= MAX_CELLS ? matrices : [], method });
    setText(byId("heat-map-note"), count > MAX_CELLS ? "heat_map_large" : count ? `${method}_about` : "heat_map_empty", { count });
    byId("heat-map-cell").textContent = "";
    this.draw();
  }

  draw() {
    const isEmpty = this.matrices.length === 0;
    byId("heat-map-tools").hidden = this.frame.hidden = byId("heat-map-details").hidden = isEmpty;
    if (isEmpty) return this.frame.replaceChildren();
    this.svg = drawSvg(this.matrices, { method: this.method, theme: themeNow(), title: say(`${this.method}_about`) });
    this.svg.setAttribute("aria-hidden", "true");
    this.size = { width: Number(this.svg.getAttribute("width")), height: Number(this.svg.getAttribute("height")) };
    this.frame.replaceChildren(this.svg);
    byId("heat-map-table").replaceChildren(...this.matrices.map((matrix) => this.table(matrix)));
    this.setZoom(this.zoom);
  }

  setZoom(zoom) {
    this.zoom = Math.min(Math.max(zoom, ZOOM_BOUNDS[0]), ZOOM_BOUNDS[1]);
    for (const side of ["width", "height"]) this.svg.setAttribute(side, this.size[side] * this.zoom);
  }

  /** Control and wheel, or two fingers on a touch pad, zoom; the wheel alone scrolls. */
  roll(event) {
    if (!event.ctrlKey) return;
    event.preventDefault();
    this.setZoom(this.zoom * (event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP));
  }

  /** Says in words what a cell shows. */
  tell(cell) {
    if (!cell.dataset?.row) return;
    const { matrix, row, column } = cell.dataset;
    const { source, target, values } = this.matrices[matrix];
    this.svg.querySelector(".cell.current")?.classList.remove("current");
    cell.classList.add("current");
    byId("heat-map-cell").textContent = `${target[row].text} ← ${source[column].text}: ${values[row][column].toFixed(3)}`;
  }

  /** Arrow keys go from cell to cell, down into the next sentence as well. */
  press(event) {
    const move = MOVES[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const current = this.svg.querySelector(".cell.current");
    const next = current ? this.neighbour(current.dataset, move) : this.svg.querySelector(".cell");
    if (!next) return;
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.tell(next);
  }

  neighbour({ matrix, row, column }, [down, right]) {
    const find = (...place) =>
      this.svg.querySelector(`[data-matrix="${place[0]}"][data-row="${place[1]}"][data-column="${place[2]}"]`);
    const beside = find(matrix, Number(row) + down, Number(column) + right);
    if (beside || !down) return beside;
    const other = Number(matrix) + down;
    return find(other, down > 0 ? 0 : (this.matrices[other]?.target.length ?? 0) - 1, 0);
  }

  table({ source, target, values }) {
    const cells = (row) => values[row].map((value) => make("td", {}, value.toFixed(3)));
    const head = make("tr", {}, make("td"), ...source.map((word) => make("th", { scope: "col" }, word.text)));
    const rows = target.map((word, row) => make("tr", {}, make("th", { scope: "row" }, word.text), ...cells(row)));
    return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
  }

  /** The picture alone, at its own size. */
  svgBlob() {
    const copy = this.svg.cloneNode(true);
    for (const side of ["width", "height"]) copy.setAttribute(side, this.size[side]);
    copy.removeAttribute("aria-hidden");
    return new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" });
  }

  /** Twice the size, for sharp print. */
  async savePng() {
    const address = URL.createObjectURL(this.svgBlob());
    const picture = new Image();
    picture.src = address;
    await picture.decode();
    const canvas = make("canvas", { width: this.size.width * 2, height: this.size.height * 2 });
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    URL.revokeObjectURL(address);
    canvas.toBlob((blob) => save(blob, `zhuyi-${this.method}.png`), "image/png");
  }
}
