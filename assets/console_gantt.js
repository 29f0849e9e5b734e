// The schedule of a run as a picture: a line for each step, its bars on one time axis, what it waited for, its end.

import { el, icon, svg } from "./console_dom.js";
import { scheduleOf } from "./console_schedule.js";
import { named, text, waitingText } from "./console_text.js";

const SCALE = 1000;
const LEAST = 2;
const TICKS = 4;
const SHOWN_WAITING_MS = 100;
const REDRAW_MS = 400;
const byId = (id) => document.getElementById(id);

export class Gantt {
  #key = "";
  #drawnAt = 0;

  /** Draws `run` where something changed, and every so often while it is played. */
  draw(run) {
    const now = Date.now();
    const key = run ? `${run.number}/${run.changes}/${run.isRunning}` : "";
    if (now - this.#drawnAt < REDRAW_MS && (run?.isRunning || key === this.#key)) return;
    if (key === this.#key && !run?.isRunning) return;
    this.#key = key;
    this.#drawnAt = now;
    const schedule = run ? scheduleOf([...run.steps.values()], run.isRunning ? now : lastMoment(run)) : null;
    byId("gantt").hidden = !schedule;
    byId("gantt-empty").hidden = Boolean(schedule);
    if (!schedule) return;
    byId("gantt-ticks").replaceChildren(...Array.from({ length: TICKS + 1 }, (_, place) => el("span", {}, seconds((schedule.takt * place) / TICKS))));
    byId("gantt").tBodies[0].replaceChildren(...schedule.lanes.map((lane) => line(lane, schedule)));
    byId("gantt-summary").replaceChildren(...summary(schedule));
  }
}

function line(lane, schedule) {
  const { step } = lane;
  const place = (moment) => ((moment - schedule.start) / (schedule.takt || 1)) * SCALE;
  const notes = [];
  if (lane.bars.length > 1) notes.push(text("attempt", lane.bars.length));
  return el("tr", { "data-verdict": verdictOf(step.outcome), "data-state": step.outcome, class: lane.isCritical ? "is-critical" : "" },
    el("th", { scope: "row", title: [step.waiting && waitingText(step.waiting), step.message].filter(Boolean).join(" · ") }, icon(step.outcome), named(step),
      lane.isCritical ? el("span", { class: "visually-hidden" }, ` · ${text("gantt.critical")}`) : null,
      notes.length ? el("span", { class: "note" }, notes.join(" · ")) : null),
    el("td", { class: "lane" }, drawing(lane, schedule, place)),
    el("td", { class: "number" }, seconds(lane.start - schedule.start)),
    el("td", { class: "number" }, seconds(lane.end - lane.start)),
    el("td", {}, text(step.outcome)));
}

function drawing(lane, schedule, place) {
  const parts = [1, 2, 3].map((tick) => svg("path", { class: "tick", d: `M${(SCALE / TICKS) * tick} 0V20` }));
  const waits = lane.waited > SHOWN_WAITING_MS ? lane.start - lane.waited : 0;
  if (waits) parts.push(svg("rect", { class: "wait", x: place(waits), y: 8, width: Math.max(LEAST, place(lane.start) - place(waits)), height: 4 }));
  for (const bar of lane.bars) {
    parts.push(svg("rect", {
      class: bar.isEarlier ? "bar-step is-earlier" : "bar-step", "data-verdict": verdictOf(bar.outcome), "data-state": bar.outcome,
      x: place(bar.start), y: 3, width: Math.max(LEAST, place(bar.end) - place(bar.start)), height: 14,
    }));
  }
  if (lane.isCritical) parts.push(svg("rect", { class: "path", x: place(lane.start), y: 18, width: Math.max(LEAST, place(lane.end) - place(lane.start)), height: 2 }));
  return svg("svg", { viewBox: `0 0 ${SCALE} 20`, preserveAspectRatio: "none", "aria-hidden": "true" }, ...parts);
}

function summary(schedule) {
  const parts = [
    [text("gantt.takt"), seconds(schedule.takt)],
    [text("gantt.serial"), seconds(schedule.serial)],
    [text("gantt.saved"), seconds(schedule.saved)],
  ];
  if (schedule.waited > SHOWN_WAITING_MS) parts.push([text("gantt.waited"), seconds(schedule.waited)]);
  const facts = parts.map(([name, value]) => el("span", {}, `${name} `, el("strong", {}, value)));
  const path = schedule.path.map((lane) => named(lane.step)).join(" → ");
  return [...facts, el("span", { class: "wide" }, `${text("gantt.critical")}: ${path}`)];
}

function lastMoment(run) {
  return Math.max(...[...run.steps.values()].map((step) => step.finishedAt ?? step.startedAt ?? 0));
}

function verdictOf(outcome) {
  return ["PASS", "FAIL", "ERROR", "ABORTED"].includes(outcome) ? outcome : "";
}

function seconds(milliseconds) {
  return text("seconds", (milliseconds / 1000).toFixed(1));
}
