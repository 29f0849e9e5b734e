// The programmers: what each burns, how far it is and how long it takes yet, what came of it.

import { el, icon, mark, say } from "./console_dom.js";
import { language, text } from "./console_text.js";

const ICONS = { PASS: "PASS", FAIL: "FAIL", ERROR: "ERROR", ABORTED: "ABORTED", REFUSED: "ERROR", EXITED: "ERROR", STOPPED: "ERROR", RUNNING: "RUNNING", OFF: "SKIPPED", IDLE: "chip" };
const VERDICTS = { PASS: "PASS", FAIL: "FAIL", ERROR: "ERROR", ABORTED: "ABORTED", REFUSED: "ERROR", EXITED: "ERROR", STOPPED: "ERROR" };
const WORDS = { REFUSED: "site.REFUSED", EXITED: "site.EXITED", STOPPED: "site.stopped", OFF: "site.off", IDLE: "site.idle" };

export class Sites {
  #sites = new Map();
  #tiles = new Map();
  #place;
  #hooks;

  /** `hooks`: use(name, isUsed). */
  constructor(place, states, hooks) {
    this.#place = place;
    this.#hooks = hooks;
    this.hear(states);
  }

  get all() {
    return [...this.#sites.values()];
  }

  get isBurning() {
    return this.all.some((site) => site.is_running);
  }

  /** Everything anew. */
  hear(states) {
    for (const state of states) this.hearSite(state);
  }

  /** One programmer anew; what its burn has told is played again. */
  hearSite(state) {
    const site = { ...state, stages: new Map(), refused: null, finished: null, exited: null, label: null };
    for (const entry of state.entries) take(site, entry);
    this.#sites.set(state.name, site);
  }

  /** Adds what a burn has told. */
  take(name, number, entry) {
    const site = this.#sites.get(name);
    if (site && site.number === number) take(site, entry);
  }

  /** The programmers whose last IC, of `order`, failed and is not yet accounted for. */
  failed(order, settled) {
    return this.all.filter((site) => !site.is_running && site.order === order && site.result === "FAIL" && !settled.has(site.burn_id));
  }

  /** The programmers whose last IC has a label that can be printed again. */
  get labelled() {
    return this.all.filter((site) => !site.is_running && ["printed", "failed"].includes(site.label?.state));
  }

  draw() {
    for (const site of this.all) this.#draw(site);
  }

  #draw(site) {
    const tile = this.#tiles.get(site.name) ?? this.#tile(site);
    const state = stateOf(site);
    const stage = running(site);
    mark(tile, "data-state", state);
    mark(tile, "data-verdict", VERDICTS[state]);
    mark(tile.querySelector("use"), "href", `/static/icons.svg#${ICONS[state]}`);
    say(tile.querySelector(".site-word"), stage ? text(`stage.${stage.name}`) : text(WORDS[state] ?? state));
    const use = tile.querySelector("input");
    use.checked = site.is_used;
    use.disabled = site.is_running;
    const bar = tile.querySelector("progress");
    bar.hidden = !site.is_running;
    bar.max = 1;
    bar.value = stage?.total ? stage.done / stage.total : 0;
    say(tile.querySelector(".site-rate"), stage ? rateOf(stage) : "");
    say(tile.querySelector(".site-left"), stage ? leftOf(stage) : "");
    const why = tile.querySelector(".site-why");
    say(why, whyOf(site, state));
    why.classList.toggle("is-problem", (Boolean(VERDICTS[state]) && state !== "PASS") || site.label?.state === "failed");
    say(tile.querySelector(".site-wear"), wearOf(site));
  }

  #tile(site) {
    const use = el("input", { type: "checkbox", onchange: () => this.#hooks.use(site.name, use.checked) });
    const tile = el("article", { class: "site", "aria-label": site.name },
      el("p", { class: "site-head" },
        el("span", { class: "site-name" }, site.name, " ", el("span", { class: "soft" }, site.socket)),
        el("label", { class: "site-use" }, use, text("site.use"))),
      el("p", { class: "site-state" }, icon("chip"), el("span", { class: "site-word" })),
      el("progress", { max: 1, value: 0, "aria-label": site.name }),
      el("p", { class: "site-numbers" }, el("span", { class: "site-rate" }), el("span", { class: "site-left" })),
      el("p", { class: "site-why" }),
      el("p", { class: "site-wear soft small" }));
    this.#tiles.set(site.name, tile);
    this.#place.append(tile);
    return tile;
  }
}

function take(site, entry) {
  if (entry.event === "stage_started") {
    site.stages.set(entry.stage, { name: entry.stage, done: 0, total: entry.total, since: Date.parse(entry.at), isOver: false });
  } else if (entry.event === "progress") {
    Object.assign(site.stages.get(entry.stage) ?? {}, { done: entry.done, total: entry.total, now: Date.now() });
  } else if (entry.event === "stage_finished") {
    Object.assign(site.stages.get(entry.stage) ?? {}, { isOver: true });
  } else if (entry.event === "burn_finished") {
    site.finished = entry;
  } else if (entry.event === "refused") {
    site.refused = entry;
  } else if (entry.event === "exited") {
    site.exited = entry;
  } else if (entry.event === "label") {
    site.label = { ...entry, number: Math.max(entry.number, site.label?.number ?? 0) };
  }
}

function stateOf(site) {
  if (site.is_running) return "RUNNING";
  if (site.problem) return "STOPPED";
  if (!site.is_used) return "OFF";
  if (site.refused) return "REFUSED";
  if (site.exited) return "EXITED";
  return site.result || "IDLE";
}

function running(site) {
  if (!site.is_running) return null;
  return [...site.stages.values()].filter((stage) => !stage.isOver).at(-1) ?? [...site.stages.values()].at(-1) ?? null;
}

/** Of the console's clock at the stage's begin and the page's now: on one PC the same. */
function secondsOf(stage) {
  return Math.max(((stage.now ?? Date.now()) - stage.since) / 1000, 0.05);
}

function rateOf(stage) {
  return stage.done ? text("site.rate", Math.round(stage.done / 1024 / secondsOf(stage))) : "";
}

function leftOf(stage) {
  if (!stage.done || !stage.total) return "";
  return text("site.left", Math.ceil((stage.total - stage.done) * secondsOf(stage) / stage.done));
}

function whyOf(site, state) {
  if (state === "STOPPED") return (language === "zh" && site.problem.zh) || site.problem.en;
  if (state === "REFUSED") return (language === "zh" && site.refused.zh) || site.refused.message;
  if (state === "EXITED") return site.exited.complaint;
  if (state === "PASS" && site.label) return labelOf(site.label);
  if (state in VERDICTS) return [site.finished?.failure?.message, text(`${state}.ic`)].filter(Boolean).join(" – ");
  return "";
}

function labelOf({ state, number, problem }) {
  if (state === "failed") return text("label.failed", problem);
  if (state === "printed" && number > 1) return text("label.again.printed", number);
  return text(`label.${state}`);
}

function wearOf(site) {
  if (!site.wear) return "";
  const { insertions, burned, good } = site.wear;
  const share = burned ? ` · ${text("site.yield", Math.round(100 * good / burned))}` : "";
  return text("site.wear", insertions) + share;
}
