// The clerk's page: scan the order, press Enter; what is burned comes from the order, what became of each IC is asked once.

import { Ask } from "./console_burn_ask.js";
import { drawOrder, OpenOrders, shiftOf } from "./console_burn_order.js";
import { Sites } from "./console_burn_sites.js";
import { say } from "./console_dom.js";
import { follow, send, sendNow } from "./console_follow.js";
import { listen } from "./console_scanner.js";
import { Seat } from "./console_seat.js";
import { drawStation } from "./console_station.js";
import { language, text } from "./console_text.js";

const first = JSON.parse(document.getElementById("state").textContent);
const desk = { station: first.station, work: first.work, claimed: "", isNaming: false };
const byId = (id) => document.getElementById(id);
const ARMED_MS = 3000;
const settled = new Set(JSON.parse(sessionStorage.getItem("settled") ?? "[]"));
let armed = 0;
let isDue = false;

const sites = new Sites(byId("sites"), first.sites, { use: (name, isUsed) => command("use", { site: name, is_used: isUsed }) });
const orders = new OpenOrders({ choose: scan });
const ask = new Ask({ drawSoon, warn, handOver, printLabel });
const seat = new Seat(desk, { command: seatCommand, warn, draw, start: scan });

/** Which of its faces the page shows; each has its own keys. */
function phase() {
  if (sites.isBurning) return "burning";
  if (!seat.operator() || desk.isNaming) return "name";
  if (!desk.work.order) return "orders";
  return ask.isOpen ? "asking" : "order";
}

function draw() {
  isDue = false;
  askWhatBecomes();
  const shown = phase();
  const isNew = document.body.dataset.phase !== shown;
  document.body.dataset.phase = shown;
  byId("naming").hidden = shown !== "name";
  byId("orders").hidden = shown !== "orders";
  byId("order").hidden = !["order", "burning"].includes(shown);
  byId("asking").hidden = shown !== "asking";
  byId("abort").hidden = !sites.isBurning;
  if (!sites.isBurning) disarm();
  if (desk.work.order) drawOrder(desk.work.order, sites.isBurning);
  orders.draw(desk.work.open, shown === "orders");
  sites.draw();
  ask.draw();
  drawStation(desk.station, sites.isBurning);
  byId("print-again").hidden = !sites.labelled.length || sites.isBurning;
  say(byId("shift"), shiftOf(desk.work.shift));
  seat.draw(shown === "name", isNew);
  if (isNew && shown !== "name") byId("band").focus({ preventScroll: true });
}

function drawSoon() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(draw);
}

function warn(message) {
  say(byId("notice"), message);
  byId("notice").classList.toggle("is-warning", Boolean(message));
}

async function command(name, body = {}) {
  const answer = await sendNow(name, body, "/burn/commands");
  if (answer.problem) warn(problemText(answer));
  else warn("");
  return answer;
}

function problemText(answer) {
  if (answer.problem === "burn.told") return (language === "zh" && answer.zh) || answer.en;
  return text(`problem.${answer.problem}`, answer.serial ?? "");
}

async function seatCommand(name, body) {
  const answer = await send(name, body);
  if (answer.problem) warn(text(`problem.${answer.problem}`));
  return answer;
}

/** An order's number; with an order for a unit on the desk, the unit's serial starts its burn. */
function scan(code) {
  if (desk.work.order?.needs_unit && !/^BO-/i.test(code)) return command("start", { unit: code, order: shownOrder() });
  ask.close();
  return command("scan", { code });
}

function shownOrder() {
  return desk.work.order?.sheet.no ?? "";
}

function start() {
  if (desk.work.order?.needs_unit) return warn(text("burn.ready.unit", desk.work.order.sheet.unit.serial));
  return command("start", { unit: "", order: shownOrder() });
}

async function handOver(body) {
  const said = await command("hand-over", { ...body, order: shownOrder() });
  if (said.problem) return;
  if (body.burn) settle(body.burn);
  ask.close();
  say(byId("notice"), text("custody.done", body.quantity, text(`event.${body.event}`)));
  drawSoon();
}

/** The page counts the prints, so that a key pressed twice asks for the same one. */
function printAgain() {
  const labelled = sites.labelled;
  if (labelled.length === 1) printLabel(labelled[0]);
  else if (labelled.length) ask.label(labelled);
}

function printLabel(site) {
  return command("print-label", { site: site.name, burn_id: site.burn_id, number: site.label.number + 1 });
}

/** An IC whose burn failed is scrapped or kept: asked once for each, by the page that shows it. */
function askWhatBecomes() {
  if (!desk.work.order || sites.isBurning || ask.isOpen) return;
  const failed = sites.failed(desk.work.order.sheet.no, settled)[0];
  if (!failed) return;
  if (desk.work.order.in_hand <= 0) settle(failed.burn_id); // none is in hand any more: it is on record already
  else ask.scrap(failed, () => settle(failed.burn_id));
}

function settle(burnId) {
  settled.add(burnId);
  sessionStorage.setItem("settled", JSON.stringify([...settled].slice(-50)));
}

function escape() {
  if (sites.isBurning) {
    if (armed) return abortAll();
    armed = setTimeout(() => { disarm(); warn(""); }, ARMED_MS);
    byId("abort").classList.add("is-armed");
    return warn(text("arm.burn"));
  }
  warn("");
  if (phase() === "name" && seat.escape()) return undefined;
  if (ask.isOpen) ask.escape();
  else if (desk.isNaming) desk.isNaming = false;
  else if (desk.work.order) command("put-away");
  return drawSoon();
}

function disarm() {
  clearTimeout(armed);
  armed = 0;
  byId("abort").classList.remove("is-armed");
}

function abortAll() {
  disarm();
  return command("abort-all");
}

function leaveSeat() {
  if (!sites.isBurning) seat.leave();
}

function inOrder(act) {
  return () => { if (phase() === "order" && desk.work.order) act(); };
}

const KEYS = {
  F2: leaveSeat,
  F3: inOrder(() => byId("take").disabled || ask.count("taken", desk.work.order.left - desk.work.order.in_hand)),
  F4: () => byId("language").click(),
  F7: inOrder(() => byId("give-back").disabled || ask.count("returned", desk.work.order.in_hand)),
  F9: inOrder(printAgain),
  F8: inOrder(() => byId("scrap").disabled || ask.scrap(null, () => {})),
};
const BUTTONS = { start, take: KEYS.F3, "give-back": KEYS.F7, scrap: KEYS.F8, "print-again": KEYS.F9, "put-away": escape, abort: abortAll, operator: leaveSeat };
for (const [id, act] of Object.entries(BUTTONS)) byId(id).addEventListener("click", act);

listen({
  changed: (buffer) => say(byId("typed"), buffer),
  key(event, buffer) {
    const shown = phase();
    if (KEYS[event.code]) KEYS[event.code]();
    else if (event.code === "Escape" && !buffer && !event.repeat) escape();
    else if (shown === "orders" && !buffer && ["ArrowDown", "ArrowUp"].includes(event.code)) orders.move(event.code === "ArrowDown" ? 1 : -1);
    else {
      if (armed && event.code !== "Escape") { disarm(); warn(""); }
      return false;
    }
    return true;
  },
  scanned(code) {
    const shown = phase();
    if (shown === "name") seat.scanned(code);
    else if (shown === "burning") warn(text("problem.burn.busy"));
    else if (shown !== "asking" || !ask.entered(code)) scan(code);
  },
  entered(event) {
    if (event.target.closest?.("button, a, input") !== null) return;
    event.preventDefault();
    const shown = phase();
    if (shown === "orders" && orders.chosen) scan(orders.chosen);
    else if (shown === "order") start();
    else if (shown === "asking") ask.confirm();
  },
});

/** What was asked about another order's ICs is asked no more. */
function hearWork(work) {
  const before = shownOrder();
  desk.work = work;
  if (shownOrder() !== before) ask.close();
}

function hearStation(station) {
  desk.station = station;
  if (station.operator || station.has_list) desk.claimed = "";
  drawSoon();
}

follow({
  heard: (isHeard) => { byId("lost").hidden = isHeard; },
  state(state) {
    hearWork(state.work);
    sites.hear(state.sites);
    hearStation(state.station);
  },
  station: hearStation,
  work(work) {
    hearWork(work);
    drawSoon();
  },
  site(site) {
    sites.hearSite(site);
    drawSoon();
  },
  entries(entries) {
    for (const { site, number, entry } of entries) sites.take(site, number, entry);
    drawSoon();
  },
}, "/burn/events");

draw();
