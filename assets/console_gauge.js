// A small bar: where a value lies between its limits. The word and the colour beside it say the same.

import { mark, svg } from "./console_dom.js";

const WIDTH = 120;
const HEIGHT = 14;

/** The empty bar of a measurement; nothing where its limit is not a number. */
export function gauge(row) {
  const span = spanOf(row);
  if (!span) return svg("svg", { class: "gauge", "aria-hidden": "true" });
  const from = place(row.low ?? -Infinity, span);
  const to = place(row.high ?? Infinity, span);
  return svg("svg", { class: "gauge", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" },
    svg("rect", { class: "rail", x: 0.5, y: 3.5, width: WIDTH - 1, height: 7, rx: 3.5 }),
    svg("rect", { class: "inside", x: from, y: 3.5, width: to - from, height: 7 }),
    svg("rect", { class: "value-mark", x: 0, y: 0, width: 5, height: HEIGHT, rx: 2, visibility: "hidden" }));
}

export function moveMark(bar, row) {
  const span = spanOf(row);
  const cursor = bar.querySelector(".value-mark");
  if (!cursor || !span || typeof row.value !== "number") return;
  mark(cursor, "x", place(row.value, span) - 2.5);
  mark(cursor, "visibility", "visible");
}

/** The bar's ends: the limits and a quarter of their distance on both sides, or from zero to twice a single limit. */
function spanOf(row) {
  const hasLow = typeof row.low === "number";
  const hasHigh = typeof row.high === "number";
  if (hasLow && hasHigh) {
    const margin = (row.high - row.low || Math.abs(row.high) || 1) / 4;
    return [row.low - margin, row.high + margin];
  }
  if (!hasLow && !hasHigh) return null;
  const bound = hasHigh ? row.high : row.low;
  return bound > 0 ? [0, bound * (hasHigh ? 1.35 : 2)] : [bound - (Math.abs(bound) || 1), Math.abs(bound) || 1];
}

function place(value, [from, to]) {
  return Math.min(WIDTH - 3, Math.max(3, ((value - from) / (to - from)) * WIDTH));
}
