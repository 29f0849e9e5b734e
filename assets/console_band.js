// The band across the page: it asks for a name, a unit or a product, shows how far the test is, and its verdict.

import { el, mark, say } from "./console_dom.js";
import { besideKey, drawBeside, remedyRows } from "./console_outcome.js";
import { outcomeOf } from "./console_run.js";
import { language, missText, named, text, valueText, words } from "./console_text.js";

const FACES = { name: "naming", idle: "idle", choose: "choosing", running: "running", prompt: "prompt", outcome: "outcome", history: "looking" };
const SHOWN_FAILURES = 3;
const LONGEST_LARGE = 5;  // letters of a verdict that leave room for what happened
const byId = (id) => document.getElementById(id);

export class Band {
  #run = null;
  #isStopping = false;
  #choice = null;
  #outcomeKey = "";

  constructor(hooks) {
    byId("choosing").addEventListener("submit", (event) => {
      event.preventDefault();
      hooks.startChosen(this.chosen());
    });
    setInterval(() => this.#drawTime(), 200);
  }

  /** `slot` is the name of the slot shown, empty where there is only one. */
  draw(phase, desk, isNew, slot) {
    for (const [name, id] of Object.entries(FACES)) byId(id).hidden = name !== phase;
    this.#run = desk.run;
    if (!desk.run?.isRunning) this.#isStopping = false;
    for (const place of document.querySelectorAll(".slot-name")) say(place, slot);
    if (desk.run) for (const place of document.querySelectorAll(".band .serial")) say(place, desk.run.serial);
    if (phase === "choose") this.#drawChoice(desk.choice, isNew);
    if (phase === "running") this.#drawRunning(desk.run);
    if (phase === "outcome") this.#drawOutcome(desk.run);
  }

  stopping() {
    this.#isStopping = true;
    if (this.#run) this.#drawRunning(this.#run);
  }

  /** The product that is marked, empty where none is. */
  chosen() {
    return document.querySelector("#choosing-products input:checked")?.value ?? "";
  }

  /** Marks the product with this number on the list; false where there is none. */
  choose(number) {
    const input = /^\d{1,2}$/.test(number) && document.querySelectorAll("#choosing-products input")[Number(number) - 1];
    if (!input) return false;
    input.checked = true;
    return true;
  }

  #drawChoice(choice, isNew) {
    say(byId("choosing-serial"), choice.serial);
    say(byId("choosing-hint"), text("choose.hint", choice.serial));
    if (choice !== this.#choice) {
      this.#choice = choice;
      const isOnly = choice.products.length === 1;
      byId("choosing-products").replaceChildren(...choice.products.map((name, index) => el("label", {},
        el("input", { type: "radio", name: "product", value: name, checked: isOnly }), el("kbd", {}, String(index + 1)), name)));
      isNew = true;
    }
    if (isNew) byId("choosing-products").querySelector("input")?.focus();
  }

  #drawRunning(run) {
    const steps = [...run.steps.values()];
    const done = steps.filter((step) => !["WAITING", "RUNNING"].includes(step.outcome)).length;
    const rows = [...run.measurements.values()];
    const current = run.steps.get(run.current);
    const plan = run.plan ? `${run.plan.name} · ${run.plan.version}` : run.product;
    say(byId("running-product"), run.purpose === "golden" ? `${plan} · ${text("purpose.golden")}` : plan);
    byId("running-provisional").hidden = !run.isProvisional;
    say(byId("running-title"), this.#title(run, current));
    byId("running-bar").max = Math.max(1, steps.length);
    byId("running-bar").value = done;
    const place = Math.min(steps.length, done + 1);
    say(byId("running-count"), steps.length
      ? `${text("step.of", place, steps.length)} · ${text("values.of", rows.filter((row) => row.outcome).length, rows.length)}` : "");
    this.#drawTime();
  }

  #title(run, current) {
    if (this.#isStopping || run.stopped) return text("aborting");
    if (!run.steps.size) return text("starting");
    if (current) return named(current);
    const isOver = [...run.steps.values()].every((step) => step.outcome !== "WAITING");
    return text(isOver ? "making_safe" : "running");
  }

  #drawTime() {
    if (!this.#run?.isRunning) return;
    const seconds = Math.max(0, Date.now() - this.#run.startedAt) / 1000;
    say(byId("running-time"), text("seconds", seconds.toFixed(1)));
  }

  #drawOutcome(run) {
    const outcome = outcomeOf(run);
    const key = `${run.number}/${outcome}/${besideKey(run)}`;
    if (key === this.#outcomeKey) return;
    this.#outcomeKey = key;
    const isVerdict = run.finished !== null;
    mark(byId("outcome"), "data-verdict", isVerdict ? outcome : "ERROR");
    byId("outcome").classList.toggle("is-long", !isVerdict);
    mark(byId("outcome-icon"), "href", `/static/icons.svg#${isVerdict ? outcome : "ERROR"}`);
    say(byId("outcome-word"), text(outcome));
    byId("outcome-word").classList.toggle("is-wide", text(outcome).length > LONGEST_LARGE);
    const isOfBench = run.purpose === "golden" && ["PASS", "FAIL"].includes(outcome);
    say(byId("outcome-hint"), text(isOfBench ? `golden.${outcome}.hint` : `${outcome}.hint`));
    byId("outcome-why").replaceChildren(...failedRows(run), ...failureRows(run), ...safetyRows(run), ...remedyRows(run));
    drawBeside(run);
  }
}

function failedRows(run) {
  const names = run.finished?.failed ?? [];
  const rows = names.map((name) => run.measurements.get(name)).filter(Boolean);
  const shown = rows.slice(0, SHOWN_FAILURES).flatMap((row) => [
    el("dt", {}, named(row)),
    el("dd", {}, `${valueText(row) || text("no_value")} – ${missText(row)}`),
  ]);
  if (rows.length > SHOWN_FAILURES) shown.push(el("dd", { class: "wide" }, text("failed.more", rows.length - SHOWN_FAILURES)));
  return shown;
}

function failureRows(run) {
  if (run.refused) return pairs([["who", who(run.refused)], ["what", refusalOf(run.refused)]]);
  if (run.exited) return pairs([["who", text("who.station")], ["what", run.exited.complaint || `exit ${run.exited.exit_code}`]]);
  const failure = run.finished?.failure;
  if (!failure || run.finished.verdict === "PASS") return [];
  const step = run.steps.get(failure.step);
  return pairs([["who", who(failure)], ["what", failure.message], ["where", step ? named(step) : ""]]);
}

function safetyRows(run) {
  const unproved = (run.safe ?? []).filter((action) => !action.is_proved);
  return unproved.map((action) => el("dd", { class: "wide" }, text("unproved", `${action.role} (${action.detail})`)));
}

/** Why nothing was begun, in the page's language where it was said in both. */
function refusalOf(refused) {
  return (language === "zh" && refused.zh) || refused.message;
}

function who(failure) {
  if (failure.gate) return text(`who.gate.${failure.gate}`);
  const key = `who.${failure.kind}`;
  return !failure.subject && words[`${key}.any`] ? text(`${key}.any`) : text(key, failure.subject ?? "");
}

function pairs(rows) {
  return rows.filter(([, value]) => value).flatMap(([key, value]) => [el("dt", {}, text(key)), el("dd", {}, value)]);
}
