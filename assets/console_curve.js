// One plotted curve, live; the plotter is fetched when the first curve comes.

import { say } from "./console_dom.js";
import { named, text } from "./console_text.js";

let loading = null;

export class Curve {
  #card;
  #plot = null;
  #key = "";
  #points = 0;

  constructor(card) {
    this.#card = card;
    new ResizeObserver(() => this.#resize()).observe(card);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { this.#key = ""; });
  }

  /** Draws the curve that came last. */
  async draw(run) {
    const trace = run ? [...run.traces.values()].at(-1) : undefined;
    this.#card.hidden = !trace;
    if (!trace) return;
    loading ??= import("./vendor/uplot.esm.js");
    const { default: UPlot } = await loading;
    const key = `${run.number}/${trace.step}/${trace.name}`;
    if (key !== this.#key) this.#open(UPlot, trace, run.steps.get(trace.step), key);
    else if (trace.x.length !== this.#points) this.#plot.setData([trace.x, trace.y]);
    this.#points = trace.x.length;
  }

  #open(UPlot, trace, step, key) {
    this.#plot?.destroy();
    this.#key = key;
    say(this.#card.querySelector("h2"), text("curve", step ? named(step) : trace.name, trace.y_unit));
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const axis = { stroke: colour("--ink-soft"), grid: { stroke: colour("--curve-grid"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
    const options = {
      ...this.#size(), legend: { show: false }, cursor: { show: false }, 
      scales: { x: { time: false }, y: { range: (_, low, high) => [Math.min(0, low), Math.max(0, high) * 1.1 || 1] } },
      series: [{}, { stroke: colour("--curve"), width: 2, points: { show: (plot) => plot.data[0].length < 3 } }],
      axes: [{ ...axis, size: 28, values: (_, ticks) => ticks.map((tick) => `${tick} ${trace.x_unit}`) }, { ...axis, size: 56 }],
    };
    this.#plot = new UPlot(options, [trace.x, trace.y], this.#place);
  }

  get #place() {
    return this.#card.querySelector(".curve");
  }

  #size() {
    const place = this.#place;
    return { width: Math.max(120, place.clientWidth), height: Math.max(120, place.clientHeight) };
  }

  #resize() {
    const size = this.#size();
    if (this.#plot && !this.#card.hidden && size.width !== this.#plot.width) this.#plot.setSize(size);
  }
}
