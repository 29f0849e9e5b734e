// The operator's page: what is shown follows the console's state, what is scanned or pressed becomes a command.

import { say } from "./console_dom.js";
import { Band } from "./console_band.js";
import { Curve } from "./console_curve.js";
import { follow, send, sendNow } from "./console_follow.js";
import { Prompt } from "./console_prompt.js";
import { WorkTabs } from "./console_tabs.js";
import { nextPrint } from "./console_outcome.js";
import { outcomeOf, runOf, take } from "./console_run.js";
import { listen } from "./console_scanner.js";
import { drawRecent, drawStation } from "./console_station.js";
import { StepTable } from "./console_table.js";
import { text } from "./console_text.js";

const ARMED_MS = 3000;
const first = JSON.parse(document.getElementById("state").textContent);
const desk = { station: first.station, run: first.run && runOf(first.run), claimed: "", isNaming: false, choice: null };
const byId = (id) => document.getElementById(id);
const notice = byId("notice");
const abort = byId("abort");
let armed = 0;
let isDue = false;

const prompt = new Prompt({ answer: command, warn, isNew: () => armed || warn("") });
const band = new Band({ signOn, startChosen });
const table = new StepTable(byId("table"), byId("work-empty"));
const curve = new Curve(byId("curve-card"));
const tabs = new WorkTabs(drawSoon);

/** Which of its faces the page shows; each has its own keys. */
function phase() {
  if (desk.run?.isRunning) return desk.run.prompt ? "prompt" : "running";
  if (!operator() || desk.isNaming) return "name";
  if (desk.choice) return "choose";
  return desk.run ? "outcome" : "idle";
}

function draw() {
  isDue = false;
  const shown = phase();
  const isNew = document.body.dataset.phase !== shown;
  document.body.dataset.phase = shown;
  abort.hidden = !desk.run?.isRunning;
  if (abort.hidden) disarm();
  drawStation(desk.station, Boolean(desk.run?.isRunning));
  drawRecent(desk.station);
  prompt.show(desk.run);
  band.draw(shown, desk, isNew);
  table.draw(desk.run);
  curve.draw(desk.run);
  tabs.draw(desk.run);
  if (isNew && shown !== "name" && shown !== "prompt" && shown !== "choose") byId("band").focus({ preventScroll: true });
}

function drawSoon() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(draw);
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

/** Takes the name at once, so that what is scanned next is not typed into its field; lets it go where it is none. */
async function signOn(name) {
  desk.claimed = name;
  desk.isNaming = false;
  warn("");
  draw();
  const answer = await command("sign-on", { name });
  if (!answer.problem) return;
  desk.claimed = "";
  desk.isNaming = true;
  drawSoon();
}

/** The name as the console keeps it; until it has said so, as it was given here. */
function operator() {
  return desk.claimed || desk.station.operator;
}

/** What the console says of itself replaces what was claimed here, once it knows a name. */
function hearStation(station) {
  desk.station = station;
  if (station.operator) desk.claimed = "";
}

async function start(serial, product = "") {
  warn("");
  const answer = await send("start", { serial, product });
  desk.choice = answer.problem === "unknown_serial" ? answer : null;
  if (answer.problem && !desk.choice) warn(text(`problem.${answer.problem}`, answer.product ?? serial));
  remember();
  drawSoon();
}

function startChosen(product) {
  if (desk.choice && product) start(desk.choice.serial, product);
  else if (desk.choice) warn(text("choose"));
}

function remember() {
  if (desk.choice) sessionStorage.setItem("choice", JSON.stringify(desk.choice));
  else sessionStorage.removeItem("choice");
}

async function stop() {
  disarm();
  band.stopping();
  const answer = await sendNow("abort");
  if (answer.problem) warn(text(`problem.${answer.problem}`));
}

function disarm() {
  clearTimeout(armed);
  armed = 0;
  abort.classList.remove("is-armed");
}

/** Esc twice stops; any other key between them does not. */
function escape() {
  if (desk.run?.isRunning) {
    if (armed) return stop();
    armed = setTimeout(() => { disarm(); warn(""); }, ARMED_MS);
    abort.classList.add("is-armed");
    return warn(text("arm"));
  }
  desk.choice = null;
  if (operator()) desk.isNaming = false;
  remember();
  warn("");
  return draw();
}

function askName() {
  if (desk.run?.isRunning) return;
  desk.isNaming = true;
  draw(); // at once: the next key belongs to the name
}

/** The page counts the prints, so that a key pressed twice asks for the same one. */
function printAgain() {
  const number = nextPrint(desk.run);
  if (number && phase() === "outcome") command("print-label", { run_id: desk.run.finished.run_id || desk.run.id, number });
}

const KEYS = {
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
      if (armed && event.code !== "Escape") { disarm(); warn(""); }
      return phase() === "prompt" && !buffer && prompt.key(event);
    }
    return true;
  },
  scanned(code, beganAt) {
    const shown = phase();
    if (shown === "running") warn(text("busy", code));
    else if (shown === "prompt") prompt.scanned(code, beganAt);
    else if (shown === "name") warn(text("problem.no_operator"));
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

abort.addEventListener("click", stop);
byId("operator").addEventListener("click", askName);
byId("print-label").addEventListener("click", printAgain);

follow({
  heard: (isHeard) => { byId("lost").hidden = isHeard; },
  state(state) {
    const isOther = state.run?.number !== desk.run?.number;
    hearStation(state.station);
    desk.run = state.run && runOf(state.run);
    if (isOther) {
      desk.choice = null;
      desk.isNaming = false;
      remember();
      warn("");
    }
    drawSoon();
  },
  station(station) {
    hearStation(station);
    drawSoon();
  },
  entry({ number, entry }) {
    if (desk.run?.number !== number) return;
    take(desk.run, entry);
    if (outcomeOf(desk.run)) warn("");
    drawSoon();
  },
});

desk.choice = JSON.parse(sessionStorage.getItem("choice") ?? "null");
draw();
