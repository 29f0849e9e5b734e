// The operator's page: what is shown follows the console's state, what is scanned or pressed becomes a command.

import { say } from "./console_dom.js";
import { Band } from "./console_band.js";
import { Curve } from "./console_curve.js";
import { follow, send, sendNow } from "./console_follow.js";
import { Pace } from "./console_pace.js";
import { Prompt } from "./console_prompt.js";
import { WorkTabs } from "./console_tabs.js";
import { nextPrint } from "./console_outcome.js";
import { drawHealth, toggleHealth } from "./console_health.js";
import { outcomeOf } from "./console_run.js";
import { listen } from "./console_scanner.js";
import { Seat } from "./console_seat.js";
import { Slots } from "./console_slots.js";
import { Sound } from "./console_sound.js";
import { Stop } from "./console_stop.js";
import { drawRecent, drawStation } from "./console_station.js";
import { StepTable } from "./console_table.js";
import { text } from "./console_text.js";

const first = JSON.parse(document.getElementById("state").textContent);
const slots = new Slots(first.bench.slots, first.runs, { changed: forget });
const desk = { station: first.station, get run() { return slots.run; }, claimed: "", isNaming: false, choice: null, isLooking: false };
const byId = (id) => document.getElementById(id);
const notice = byId("notice");
const pace = new Pace(draw);
let past = null;

const prompt = new Prompt({
  answer, warn, isNew: () => stop.isArmed || warn(""),
  hasCamera: () => first.bench.cameras.includes(slots.shown), look: () => sendNow("bench-photo", { slot: slots.shown }),
});
const band = new Band({ startChosen });
const stop = new Stop(slots, { warn, stopping: () => band.stopping() });
const seat = new Seat(desk, { command, warn, draw, start });
const sound = new Sound(byId("sound"));
const table = new StepTable(byId("table"), byId("work-empty"));
const curve = new Curve(byId("curve-card"));
const tabs = new WorkTabs(pace.soon);

/** Which of its faces the page shows; each has its own keys. */
function phase() {
  if (desk.run?.isRunning) return desk.run.prompt ? "prompt" : "running";
  if (!seat.operator() || desk.isNaming) return "name";
  if (desk.isLooking) return "history";
  if (desk.choice) return "choose";
  return desk.run ? "outcome" : "idle";
}

function draw() {
  pace.begin();
  if (["idle", "running", "outcome"].includes(phase()) && !byId("typed").textContent) slots.showWhoAsks();
  const shown = phase();
  const isNew = document.body.dataset.phase !== shown;
  document.body.dataset.phase = shown;
  stop.draw();
  drawStation(desk.station, slots.isTesting);
  slots.draw();
  drawHealth(desk.station);
  drawRecent(desk.station);
  sound.hear(slots.runs);
  prompt.show(desk.run);
  band.draw(shown, desk, isNew, slots.isMany ? slots.shown : "");
  seat.draw(shown === "name", isNew);
  table.draw(desk.run);
  curve.draw(desk.run);
  tabs.draw(desk.run);
  if (isNew && shown !== "name" && shown !== "prompt" && shown !== "choose") byId("band").focus({ preventScroll: true });
}

function warn(message) {
  say(notice, message);
  notice.classList.toggle("is-warning", Boolean(message));
}

async function command(name, body) {
  const answer = await send(name, body);
  if (answer.problem) warn(text(`problem.${answer.problem}`, answer.product));
  return answer;
}

/** Answers what the slot shown has asked. */
function answer(name, body) {
  slots.letGo();
  return command(name, { ...body, slot: slots.shown });
}

/** Another slot or another run is shown: what was begun for the one before is over. */
function forget() {
  desk.choice = null;
  desk.isNaming = false;
  desk.isLooking = false;
  stop.disarm();
  remember();
  warn("");
  pace.soon();
}

/** What the console says of itself replaces what was claimed here, once it knows a name. */
function hearStation(station) {
  const isOther = desk.station.operator && station.operator && desk.station.operator !== station.operator;
  if (desk.station.operator && !station.operator) desk.isLooking = false;
  desk.station = station;
  if (station.operator || station.has_list) desk.claimed = "";
  if (isOther) say(notice, text("seat.changed", station.operator));
}

/** The unit goes into the slot shown, or into the next in which nothing is tested. */
async function start(serial, product = "", busy = []) {
  const slot = slots.free(busy);
  if (!slot) return warn(text(slots.isMany ? "slot.none" : "busy", serial));
  slots.show(slot);
  warn("");
  const said = await send("start", { serial, product, slot });
  slots.letGo();
  if (isTaken(said)) return start(serial, product, [...busy, slot]);
  desk.choice = said.problem === "unknown_serial" ? said : null;
  if (said.problem && !desk.choice) warn(text(`problem.${said.problem}`, said.product ?? serial));
  remember();
  pace.soon();
}

/** Whether the slot has begun with the unit scanned just before, and the page has not heard of it yet. */
function isTaken(said) {
  return slots.isMany && said.problem === "busy";
}

/** While a question is shown: a unit that a rule knows goes into the next free slot; `otherwise` for any other code. */
async function startBeside(serial, otherwise, busy = []) {
  const slot = slots.free(busy);
  if (!slot) return otherwise();
  const said = await send("start", { serial, product: "", slot });
  if (isTaken(said)) return startBeside(serial, otherwise, [...busy, slot]);
  if (said.problem) otherwise();
  else say(notice, text("slot.started", serial, slot));
}

function startChosen(product) {
  if (desk.choice && product) start(desk.choice.serial, product);
  else if (desk.choice) warn(text("choose"));
}

function remember() {
  if (desk.choice) sessionStorage.setItem("choice", JSON.stringify(desk.choice));
  else sessionStorage.removeItem("choice");
}

/** Esc: stops what is tested, or takes back what was begun. */
function escape() {
  if (["idle", "running", "prompt", "outcome"].includes(phase()) && stop.escape()) return undefined;
  if (phase() === "name" && seat.escape()) return undefined;
  if (phase() === "history") return leavePast();
  desk.choice = null;
  if (seat.operator()) desk.isNaming = false;
  remember();
  warn("");
  return draw();
}

function askName() {
  if (!slots.isTesting) seat.leave();
}

/** F3: the same unit once more; what was found out of it before is asked for again by nobody. */
function testAgain() {
  if (phase() === "outcome") start(desk.run.serial, desk.run.product);
}

/** F6: earlier tests, and back. */
async function lookBack() {
  if (desk.run?.isRunning) return warn(text("past.busy"));
  if (phase() === "name") return undefined;
  desk.isLooking = !desk.isLooking;
  warn("");
  draw();
  if (!desk.isLooking) return undefined;
  past ??= import("./console_past.js").then(({ Past }) => new Past(warn));
  return (await past).open();
}

/** Esc in the earlier tests: first what was searched for, then they themselves. */
async function leavePast() {
  if (await tellPast("escape")) return;
  desk.isLooking = false;
  warn("");
  draw();
}

const PAST_KEYS = new Set(["ArrowDown", "ArrowUp", "PageDown", "PageUp"]);

function keyInPast(event) {
  if (!PAST_KEYS.has(event.code) || event.target.tagName === "SELECT") return false;
  tellPast("key", event);
  return true;
}

/** Tells the earlier tests, where they are shown, of a code, a key or an Esc. */
async function tellPast(name, what) {
  return (await past)?.[name](what);
}

/** The page counts the prints, so that a key pressed twice asks for the same one. */
function printAgain() {
  const number = nextPrint(desk.run);
  if (number && phase() === "outcome") command("print-label", { run_id: desk.run.finished.run_id || desk.run.id, number });
}

const KEYS = {
  F1: () => toggleHealth(desk.station),
  F3: testAgain,
  F6: lookBack,
  F10: () => sound.toggle(),
  F7: () => tabs.toggle(),
  F9: printAgain,
  F2: askName,
  F4: () => byId("language").click(),
  F8: () => phase() === "prompt" && prompt.report(),
};

listen({
  changed(buffer) {
    say(byId("typed"), buffer);
    prompt.typing(buffer);
  },
  key(event, buffer) {
    if (KEYS[event.code]) KEYS[event.code]();
    else if (event.code === "Escape" && !buffer && !event.repeat) escape();
    else {
      if (stop.isArmed && event.code !== "Escape") { stop.disarm(); warn(""); }
      if (phase() === "history" && !buffer) return keyInPast(event);
      return phase() === "prompt" && !buffer && prompt.key(event);
    }
    return true;
  },
  scanned(code, beganAt) {
    const shown = phase();
    if (shown !== "name" && slots.isMany && slots.scanned(code)) return;
    if (shown === "running" && slots.isMany && slots.free()) start(code);
    else if (shown === "running") seat.scannedInRun(code, () => warn(text("busy", code)));
    else if (shown === "prompt") {
      const ask = () => {
        prompt.scanned(code, beganAt);
        seat.scannedInRun(code, () => {});
      };
      if (slots.isMany && slots.free() && !prompt.knows(code)) startBeside(code, ask);
      else ask();
    } else if (shown === "name") seat.scanned(code);
    else if (shown === "history") tellPast("scanned", code);
    else if (shown === "choose" && band.choose(code)) startChosen(band.chosen());
    else start(code);
  },
  entered(event) {
    const shown = phase();
    const isOnButton = event.target.closest?.("button, a") !== null;
    if (shown === "prompt" && !isOnButton) {
      event.preventDefault();
      prompt.confirm();
    } else if (shown === "choose" && !isOnButton) {
      event.preventDefault();
      startChosen(band.chosen());
    }
  },
});

byId("operator").addEventListener("click", askName);
byId("health").addEventListener("click", () => toggleHealth(desk.station));
byId("look-back").addEventListener("click", lookBack);
byId("again").addEventListener("click", testAgain);
byId("print-label").addEventListener("click", printAgain);

follow({
  heard: (isHeard) => { byId("lost").hidden = isHeard; },
  state(state) {
    const before = desk.run?.number;
    hearStation(state.station);
    slots.hear(state.runs);
    if (desk.run?.number !== before) forget();
    pace.soon();
  },
  run(run) {
    if (slots.hearRun(run)) forget();
    pace.soon();
  },
  station(station) {
    hearStation(station);
    pace.soon();
  },
  entries(entries) {
    for (const { number, entry } of entries) {
      const run = slots.take(number, entry);
      if (run && run === desk.run && outcomeOf(run)) warn("");
    }
    pace.next();
  },
});

desk.choice = JSON.parse(sessionStorage.getItem("choice") ?? "null");
draw();
