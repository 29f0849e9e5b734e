// How the instruments of the bench were last seen: one lamp always, the list when something is wrong or it is asked for.

import { el, icon, say } from "./console_dom.js";
import { text } from "./console_text.js";

const SOON_DAYS = 14;
const byId = (id) => document.getElementById(id);
let isOpen = false;

/** F1: the whole list, or only what needs somebody. */
export function toggleHealth(station) {
  isOpen = !isOpen;
  drawHealth(station);
}

export function drawHealth(station) {
  const rows = [
    ...station.instruments.map((one) => ({ ...one, state: stateOf(one) })),
    ...selftestRow(station.selftest), ...station.golden.map(goldenRow),
  ];
  const bad = rows.filter((row) => row.state === "bad");
  const lamp = byId("health");
  say(lamp.querySelector("span"), summary(rows, bad));
  lamp.classList.toggle("is-warning", bad.length > 0 || rows.some((row) => row.state === "soon"));
  lamp.setAttribute("aria-expanded", String(isOpen));
  const order = ["bad", "soon", "unseen", "well"];
  const shown = (isOpen ? rows : bad).sort((one, other) => order.indexOf(one.state) - order.indexOf(other.state));
  byId("health-card").hidden = !shown.length;
  const key = JSON.stringify(shown);
  if (byId("health-card").dataset.key === key) return;
  byId("health-card").dataset.key = key;
  byId("health-list").replaceChildren(...shown.map(line));
}

/** The bench's test of itself stands in the list as an instrument does. */
function selftestRow(selftest) {
  if (!selftest) return [];
  const problem = selftest.problems.join(" · ");
  return [{ name: text("selftest"), problem, seen_at: selftest.at, state: problem ? "bad" : "well" }];
}

/** So do the golden units: when each passed in which slot, and until when that holds. */
function goldenRow(one) {
  const problem = one.standing === "good" ? "" : text(`golden.${one.standing}`);
  const facts = [one.serial, one.slot];
  if (one.due_at) facts.push(text("golden.passed", when(one.judged_at)), text("golden.until", when(one.due_at)));
  else if (one.judged_at) facts.push(when(one.judged_at));
  return { name: text("golden", one.product), problem, facts, state: problem ? "bad" : "well" };
}

function line(row) {
  if (row.facts) return item(row, row.facts);
  if (row.due === undefined) return item(row, [text("instrument.seen", when(row.seen_at))]);
  const facts = [row.found || row.driver, row.seen_at ? text("instrument.seen", when(row.seen_at)) : text("instrument.unseen"), dueText(row)];
  return item(row, facts);
}

function item(row, facts) {
  return el("li", { "data-state": row.state },
    icon(row.state === "bad" ? "ERROR" : row.state === "well" ? "PASS" : "WAITING"),
    el("div", {}, el("strong", { class: "mono" }, row.name), row.problem && el("p", { class: "problem" }, row.problem),
      el("p", { class: "soft small" }, facts.join(" · "))));
}

function stateOf({ problem, due_days: days, seen_at: seenAt }) {
  if (problem || (days !== null && days < 0)) return "bad";
  if (days !== null && days <= SOON_DAYS) return "soon";
  return seenAt ? "well" : "unseen";
}

function summary(rows, bad) {
  if (!rows.length) return text("bench.none");
  if (bad.length) return text("bench.bad", bad.length, rows.length);
  const days = rows.filter((row) => row.state === "soon").map((row) => row.due_days);
  if (days.length) return text("bench.soon", Math.min(...days));
  const instruments = rows.filter((row) => row.due !== undefined);
  return instruments.every((row) => row.state === "unseen") ? text("bench.unseen") : text("bench.well", instruments.length);
}

function dueText({ due, due_days: days }) {
  if (due === null) return text("instrument.undated");
  if (days < 0) return text("instrument.over", -days);
  return days === 0 ? text("instrument.today") : text("instrument.due", days);
}

function when(iso) {
  const at = new Date(iso);
  const isToday = at.toDateString() === new Date().toDateString();
  const day = { month: "2-digit", day: "2-digit" };
  return at.toLocaleString("sv-SE", { ...(isToday ? {} : day), hour: "2-digit", minute: "2-digit" });
}
