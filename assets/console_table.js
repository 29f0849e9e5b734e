// The live list of steps with their values, limits and results.

import { el, icon, mark, say } from "./console_dom.js";
import { gauge, moveMark } from "./console_gauge.js";
import { limitText, named, text, valueText, waitingText } from "./console_text.js";

const LONG = 120; // steps; of a longer plan that is played only those around the one under way are shown, and those that went wrong
const AROUND = 30;
const PIECE = 100; // so many steps more a frame, once the run has ended
const WRONG = new Set(["FAIL", "ERROR", "ABORTED"]);

export class StepTable {
  #table;
  #empty;
  #number = null;
  #names = [];
  #rowsOf = new Map();
  #bodies = new Map();
  #rows = new Map();
  #shown = "";
  #at = 0;
  #grown = 0;
  #frame = 0;

  constructor(table, empty) {
    this.#table = table;
    this.#empty = empty;
  }

  draw(run) {
    cancelAnimationFrame(this.#frame);
    const hasSteps = Boolean(run?.steps.size);
    this.#table.hidden = !hasSteps;
    this.#empty.hidden = hasSteps;
    if (!hasSteps) {
      this.#number = null;
      return;
    }
    if (run.number !== this.#number) this.#begin(run);
    const wanted = this.#wanted(run);
    this.#place(wanted.map((name) => (this.#bodies.get(name) ?? this.#body(run.steps.get(name), this.#rowsOf.get(name))).body));
    for (const name of wanted) {
      for (const row of this.#rowsOf.get(name)) this.#drawRow(row);
      this.#drawStep(run.steps.get(name)); // after its rows, which may say what it says
    }
    if (run.isRunning) this.#followStep(run.current);
    else if (wanted.length === this.#names.length) this.#showWorst();
    else this.#frame = requestAnimationFrame(() => this.draw(run));
  }

  #begin(run) {
    this.#number = run.number;
    this.#names = [...run.steps.keys()];
    this.#rowsOf = new Map(this.#names.map((name) => [name, []]));
    for (const row of run.measurements.values()) this.#rowsOf.get(row.step)?.push(row);
    this.#bodies.clear();
    this.#rows.clear();
    this.#shown = "";
    this.#at = 0;
    this.#grown = 0;
    this.#place([]);
  }

  /** The names of the steps that are to be in the list. */
  #wanted(run) {
    if (this.#names.length <= LONG) return this.#names;
    if (!run.isRunning) return this.#names.slice(0, (this.#grown += PIECE));
    const at = run.current ? this.#names.indexOf(run.current) : -1;
    if (at >= 0) this.#at = at;
    const from = Math.max(0, this.#at - AROUND);
    const wrong = this.#names.slice(0, from).filter((name) => WRONG.has(run.steps.get(name).outcome));
    return [...wrong, ...this.#names.slice(from, this.#at + AROUND)];
  }

  /** Has these in the list, in their order, and no others; what stands where it should is not touched. */
  #place(bodies) {
    const kept = new Set(bodies);
    for (const body of [...this.#table.tBodies]) if (!kept.has(body)) body.remove();
    let next = this.#table.tBodies[0] ?? null;
    for (const body of bodies) {
      if (body === next) next = next.nextElementSibling;
      else this.#table.insertBefore(body, next);
    }
  }

  #body(step, rows) {
    const parts = {
      use: icon("WAITING"), time: el("span", { class: "step-time" }), message: el("div", { class: "step-message" }),
      word: el("span", { class: "visually-hidden" }),
    };
    const cell = el("th", { class: "step", scope: "rowgroup", rowspan: Math.max(1, rows.length) },
      el("div", { class: "step-line" }, parts.use, el("span", {}, named(step), " ", parts.word), parts.time), parts.message);
    const lines = rows.map((row) => this.#line(row));
    if (!lines.length) lines.push(el("tr", {}, el("td", { colspan: 5 })));
    lines[0].prepend(cell);
    const body = el("tbody", {}, ...lines);
    this.#bodies.set(step.name, { body, cell, ...parts });
    return this.#bodies.get(step.name);
  }

  #line(row) {
    const cells = {
      value: el("td", { class: "value number" }), gauge: gauge(row), limit: el("td", { class: "limit", title: row.source ?? "" }),
      result: el("td", {}),
    };
    say(cells.limit, limitText(row));
    const line = el("tr", {}, el("td", {}, named(row)), cells.value, el("td", { class: "of-gauge" }, cells.gauge), cells.limit, cells.result);
    this.#rows.set(row.name, { line, outcome: "", ...cells });
    return line;
  }

  #drawStep(step) {
    const parts = this.#bodies.get(step.name);
    const { outcome, message, startedAt, finishedAt, waiting, attempts } = step;
    const drawn = [outcome, message, startedAt, finishedAt, waiting, attempts.length];
    if (parts.drawn?.every((value, index) => value === drawn[index])) return; // a plan may have a thousand steps
    parts.drawn = drawn;
    mark(parts.body, "data-state", step.outcome);
    const verdict = ["PASS", "FAIL", "ERROR", "ABORTED"].includes(step.outcome) ? step.outcome : "";
    mark(parts.body, "data-verdict", verdict);
    mark(parts.cell, "data-verdict", verdict); // it stands in the line of the step's first value, which may have another
    mark(parts.use.firstElementChild, "href", `/static/icons.svg#${step.outcome}`);
    say(parts.word, text(step.outcome));
    // what a row below says need not be said twice, and a step that was not played needs no line of its own
    const isSaid = step.outcome === "SKIPPED" || parts.body.querySelector('tr[data-verdict="FAIL"]') !== null;
    const tried = step.attempts.map((attempt, index) => `${text("attempt", index + 1)}: ${attempt.message || text(attempt.outcome)}`);
    const waits = step.waiting && step.outcome === "WAITING" ? waitingText(step.waiting) : "";
    say(parts.message, [...tried, waits, isSaid ? "" : step.message].filter(Boolean).join(" · "));
    mark(parts.body.rows[0].cells[0], "title", step.message);
    say(parts.time, step.finishedAt && step.startedAt
      ? text("seconds", ((step.finishedAt - step.startedAt) / 1000).toFixed(1)) : "");
  }

  #drawRow(row) {
    const parts = this.#rows.get(row.name);
    if (!parts) return;
    const outcome = row.outcome + (row.isMarginal ? "+" : "");
    if (parts.outcome === outcome && parts.drawn === row.value) return;
    parts.drawn = row.value;
    const shown = valueText(row);
    say(parts.value, shown);
    mark(parts.value, "title", shown.length > 16 ? shown : "");
    if (parts.outcome === outcome) return;
    parts.outcome = outcome;
    mark(parts.line, "data-verdict", row.outcome);
    moveMark(parts.gauge, row);
    parts.result.replaceChildren();
    if (row.outcome) parts.result.append(el("span", { class: "badge", "data-verdict": row.outcome }, icon(row.outcome), text(row.outcome)));
    if (row.isMarginal) parts.result.append(" ", el("span", { class: "badge warn" }, text("marginal")));
  }

  /** Once a run has ended: its first bad row, else its beginning. */
  #showWorst() {
    if (this.#shown === "ended") return;
    this.#shown = "ended";
    const bad = this.#table.querySelector('tr[data-verdict="FAIL"], tr[data-verdict="ERROR"], tbody[data-state="FAIL"], tbody[data-state="ERROR"]');
    this.#scrollTo(bad, 0.5);
  }

  #followStep(name) {
    if (!name || name === this.#shown) return;
    this.#shown = name;
    this.#scrollTo(this.#bodies.get(name)?.body, 0.7);
  }

  /** Brings `place` to that share of the list's height, without moving the page; the top where there is none. */
  #scrollTo(place, share) {
    const list = this.#table.parentElement;
    list.scrollTop = place ? place.offsetTop - list.clientHeight * share : 0;
  }
}
