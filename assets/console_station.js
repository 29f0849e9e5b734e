// The bar and the list beside the work: the operator, the server, waiting records, the last tests.

import { el, icon, say } from "./console_dom.js";
import { clockTime, text } from "./console_text.js";

const byId = (id) => document.getElementById(id);

export function drawStation(station, isRunning) {
  const letters = station.letters;
  byId("operator").hidden = !station.operator;
  byId("operator").disabled = isRunning;
  say(byId("operator").querySelector("span"), station.operator);
  lamp("server", serverText(letters), letters.is_reachable === false, letters.problem || letters.server_url);
  const waiting = letters.waiting ? text("letters.waiting", letters.waiting) : text("letters.none");
  const aside = letters.set_aside ? ` · ${text("letters.aside", letters.set_aside)}` : "";
  lamp("letters", waiting + aside, letters.set_aside > 0, "");
}

export function drawRecent(station) {
  byId("recent").hidden = !station.recent.length;
  byId("recent-empty").hidden = station.recent.length > 0;
  const key = JSON.stringify([station.recent, station.letters.fates]);
  if (byId("recent").dataset.key === key) return;
  byId("recent").dataset.key = key;
  byId("recent").tBodies[0].replaceChildren(...station.recent.map((run) => el("tr", {},
    el("td", { class: "soft" }, clockTime(run.ended_at)),
    el("td", { class: "mono" }, run.serial),
    el("td", {}, verdictBadge(run)),
    el("td", { class: "soft small" }, sentText(station.letters.fates[run.run_id])))));
}

/** A PASS that was only just says so in its place. */
function verdictBadge({ verdict, is_marginal: isMarginal }) {
  if (verdict === "PASS" && isMarginal) return el("span", { class: "badge warn", title: text("PASS") }, icon("PASS"), text("marginal"));
  const shown = verdict || "NONE";
  return el("span", { class: "badge", "data-verdict": verdict }, icon(shown), text(shown));
}

const FATES = { delivered: "sent", set_aside: "aside", kept: "unsent" };

function sentText(fate) {
  return text(FATES[fate] ?? "unsent");
}

function serverText(letters) {
  if (!letters.server_url) return text("server.none");
  if (letters.is_carried_elsewhere) return text("server.elsewhere");
  if (letters.is_reachable === null) return text("server.unknown");
  return text(letters.is_reachable ? "server.up" : "server.down");
}

function lamp(id, words, isWarning, title) {
  const place = byId(id);
  say(place.querySelector("span"), words);
  place.classList.toggle("is-warning", isWarning);
  place.title = title;
}
