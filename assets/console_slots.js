// The slots of the bench: what each is doing, which of them the page shows in full, where the next unit goes.

import { el, icon, mark, say } from "./console_dom.js";
import { outcomeOf, runOf, take } from "./console_run.js";
import { named, text } from "./console_text.js";

const LABEL = /^SLOT:(.+)$/i; // what is printed as a bar code on a jig
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

export class Slots {
  #runs = new Map();
  #tiles = new Map();
  #place = document.getElementById("slots");
  #hooks;
  #held = false; // what is shown was chosen: it stays until something is started or answered there

  /** `names` in the order of the bench file; `hooks`: changed() after another slot is shown. */
  constructor(names, states, hooks) {
    this.names = names;
    this.#hooks = hooks;
    this.hear(states);
    const last = sessionStorage.getItem("slot");
    this.shown = names.includes(last) ? last : names[0];
    this.#place.hidden = !this.isMany;
    if (!this.isMany) return;
    this.#place.replaceChildren(...names.map((name) => this.#tile(name)));
    document.addEventListener("keydown", (event) => this.#key(event), true);
  }

  get isMany() {
    return this.names.length > 1;
  }

  /** The run of the slot that is shown. */
  get run() {
    return this.#runs.get(this.shown) ?? null;
  }

  /** The last run of every slot that has had one. */
  get runs() {
    return [...this.#runs.values()];
  }

  get isTesting() {
    return this.runs.some((run) => run.isRunning);
  }

  /** Everything anew. */
  hear(states) {
    this.#runs = new Map(states.map((state) => [state.slot, runOf(state)]));
  }

  /** One slot's run anew; true where the page shows that slot and it is another run than before. */
  hearRun(state) {
    const isOther = this.#runs.get(state.slot)?.number !== state.number;
    this.#runs.set(state.slot, runOf(state));
    return isOther && state.slot === this.shown;
  }

  /** Adds an entry to the run of that number; gives the run. */
  take(number, entry) {
    const run = this.runs.find((one) => one.number === number);
    if (run) take(run, entry);
    return run;
  }

  /**
   * The slot a unit goes into: the one shown, or the next after it in which nothing is tested and that is none of
   * `busy`; empty where there is none.
   */
  free(busy = []) {
    const from = this.names.indexOf(this.shown);
    const inTurn = [...this.names.slice(from), ...this.names.slice(0, from)];
    return inTurn.find((name) => !this.#runs.get(name)?.isRunning && !busy.includes(name)) ?? "";
  }

  /** Shows the slot until `letGo`. */
  show(name) {
    this.#show(name);
    this.#held = true;
  }

  /** The slot whose label was scanned; false where the code is no label of one. */
  scanned(code) {
    const wanted = LABEL.exec(code)?.[1].toUpperCase();
    const name = wanted && this.names.find((one) => one.toUpperCase() === wanted);
    if (name) this.show(name);
    return Boolean(name);
  }

  /** Shows the slot that has asked longest, unless the one shown asks too or was chosen by a person. */
  showWhoAsks() {
    if (this.#held || this.run?.prompt) return;
    const asking = this.runs.filter((run) => run.isRunning && run.prompt).sort((one, other) => one.askedNth - other.askedNth);
    if (asking.length) this.#show(asking[0].slot);
  }

  /** An answer was given or a unit started: the page may go where it is needed next. */
  letGo() {
    this.#held = false;
  }

  draw() {
    if (!this.isMany) return;
    const next = this.free();
    for (const [name, tile] of this.#tiles) this.#drawTile(tile, name, name === next);
  }

  #drawTile(tile, name, isNext) {
    const run = this.#runs.get(name);
    const state = stateOf(run);
    const steps = run ? [...run.steps.values()] : [];
    mark(tile, "aria-pressed", String(name === this.shown));
    mark(tile, "data-state", state);
    mark(tile, "data-verdict", VERDICTS[state]);
    mark(tile.querySelector("use"), "href", `/static/icons.svg#${ICONS[state] ?? state}`);
    say(tile.querySelector(".tile-word"), text(WORDS[state] ?? state));
    say(tile.querySelector(".tile-serial"), run?.serial ?? "");
    say(tile.querySelector(".tile-next"), isNext ? text("slot.next") : "");
    const bar = tile.querySelector("progress");
    bar.hidden = !run?.isRunning;
    bar.max = Math.max(1, steps.length);
    bar.value = steps.filter((step) => !["WAITING", "RUNNING"].includes(step.outcome)).length;
    say(tile.querySelector(".tile-step"), run?.isRunning ? stepOf(run) : "");
  }

  #tile(name) {
    const tile = el("button", { class: "tile", type: "button", "aria-pressed": "false", "data-slot": name, onclick: () => this.show(name) },
      el("span", { class: "tile-head" }, el("span", { class: "tile-name" }, name), el("span", { class: "tile-next" })),
      el("span", { class: "tile-state" }, icon("WAITING"), el("span", { class: "tile-word" })),
      el("span", { class: "tile-serial mono" }),
      el("span", { class: "tile-step" }),
      el("progress", { max: 1, value: 0, "aria-label": name }));
    this.#tiles.set(name, tile);
    return tile;
  }

  #key(event) {
    const step = event.ctrlKey && !event.altKey && !event.metaKey && !event.shiftKey ? STEPS[event.code] : 0;
    if (!step || ["text", "password"].includes(event.target.type)) return;
    event.preventDefault();
    this.show(this.names[(this.names.indexOf(this.shown) + step + this.names.length) % this.names.length]);
  }

  #show(name) {
    if (name === this.shown) return;
    this.shown = name;
    sessionStorage.setItem("slot", name);
    this.#hooks.changed();
  }
}

const VERDICTS = { PASS: "PASS", FAIL: "FAIL", ERROR: "ERROR", ABORTED: "ABORTED", REFUSED: "ERROR", EXITED: "ERROR" };
const ICONS = { FREE: "scan", RUNNING: "WAITING", ASKS: "person", REFUSED: "ERROR", EXITED: "ERROR" };
const WORDS = { FREE: "slot.free", ASKS: "slot.asks" };

function stateOf(run) {
  if (!run) return "FREE";
  if (run.isRunning) return run.prompt ? "ASKS" : "RUNNING";
  return outcomeOf(run) || "EXITED";
}

function stepOf(run) {
  if (run.prompt) return named(run.prompt);
  const step = run.steps.get(run.current);
  return step ? named(step) : "";
}
