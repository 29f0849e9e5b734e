// What stands beside a verdict: that it was only just, the label, and what fixed it last time.

import { el, icon, mark, say } from "./console_dom.js";
import { attemptsOf, isMarginal } from "./console_run.js";
import { named, text } from "./console_text.js";

const byId = (id) => document.getElementById(id);
const DAY = { year: "numeric", month: "2-digit", day: "2-digit" };

/** Changes whenever what this module draws of `run` changes. */
export function besideKey(run) {
  return JSON.stringify([run.label, run.remedies.length]);
}

export function drawBeside(run) {
  const marginal = isMarginal(run);
  mark(byId("outcome"), "data-marginal", marginal ? "true" : "");
  byId("outcome-marginal").hidden = !marginal;
  if (marginal) byId("outcome-marginal").replaceChildren(...marginalBadges(run));
  drawLabel(run);
}

/** Rows of what fixed it on other units, for the list of reasons. */
export function remedyRows(run) {
  if (!run.remedies.length) return [];
  return [el("dt", { class: "wide remedies" }, text("remedies")), ...run.remedies.flatMap((remedy) => [
    el("dt", {}, named(run.measurements.get(remedy.measurement)) || remedy.measurement),
    el("dd", {}, remedy.fixes.map(fixText).join("; "), " ",
      el("span", { class: "when" }, `${remedy.serial} · ${new Date(remedy.passed_at).toLocaleDateString("sv-SE", DAY)}`)),
  ])];
}

/** The print that comes next, 0 where none can be asked for. */
export function nextPrint(run) {
  if (!run?.finished || !run.label || !["printed", "failed"].includes(run.label.state)) return 0;
  return run.label.asked + 1;
}

function fixText(fix) {
  return text(`remedy.${fix.kind}`, fix.text);
}

function marginalBadges(run) {
  const badges = [el("span", { class: "badge warn" }, text("marginal"))];
  const attempts = attemptsOf(run);
  if (attempts > 1) badges.push(el("span", { class: "badge warn" }, text("attempt.passed", attempts)));
  const near = (run.finished.marginal ?? []).map((name) => named(run.measurements.get(name)) || name);
  if (near.length) badges.push(el("span", {}, near.slice(0, 3).join(text("comma")) + (near.length > 3 ? " …" : "")));
  return badges;
}

function drawLabel(run) {
  const place = byId("outcome-label");
  place.hidden = !run.label;
  if (!run.label) return;
  const { state, problem, number } = run.label;
  const isBad = state === "failed" || state === "none";
  place.classList.toggle("is-problem", isBad);
  const words = isBad ? text("label.failed", problem) : state === "printed" && number > 1 ? text("label.again.printed", number) : text(`label.${state}`);
  byId("outcome-label-icon").replaceChildren(icon(isBad ? "ERROR" : state === "printed" ? "PASS" : "WAITING"));
  say(byId("outcome-label-text"), words);
  byId("print-label").hidden = !nextPrint(run);
}
