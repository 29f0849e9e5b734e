// Earlier tests of this bench: searched by scanner and keys, and each as it was played.

import { Curve } from "./console_curve.js";
import { el, icon, say } from "./console_dom.js";
import { runOf } from "./console_run.js";
import { StepTable } from "./console_table.js";
import { text } from "./console_text.js";

const SHOW_AFTER_MS = 120; // while somebody runs through the list with a held key
const DAY_MS = 24 * 3600 * 1000;
const PERIODS = { today: 0, week: 6, month: 29 };
const byId = (id) => document.getElementById(id);

export class Past {
  #serial = "";
  #day = "";
  #runs = [];
  #hasMore = false;
  #chosen = -1;
  #asked = 0;
  #timer = 0;
  #table;
  #curves = [];
  #warn;

  constructor(warn) {
    this.#warn = warn;
    const table = byId("past-table");
    for (const part of [...byId("table").children].filter((child) => child.tagName !== "TBODY")) table.append(part.cloneNode(true));
    this.#table = new StepTable(table, byId("past-empty"));
    for (const id of ["verdict", "product", "operator", "period"]) byId(`past-${id}`).addEventListener("change", () => this.#changed(id));
    byId("past-runs").addEventListener("click", (event) => {
      const row = event.target.closest("[role=option]");
      if (row) this.#choose([...byId("past-runs").children].indexOf(row));
    });
  }

  open() {
    this.#serial = this.#day = "";
    this.#search();
  }

  /** A serial number, a part of one, or a day. */
  scanned(code) {
    const isDay = /^\d{4}-\d{2}-\d{2}$/.test(code) && !Number.isNaN(Date.parse(code));
    this.#day = isDay ? code : "";
    this.#serial = isDay ? "" : code;
    if (isDay) byId("past-period").value = "";
    this.#search();
  }

  /** Esc takes back what was searched for first; false where there was nothing. */
  escape() {
    if (!this.#serial && !this.#day) return false;
    this.open();
    return true;
  }

  /** The arrow keys go through the list, the page keys through the test that is shown. */
  key({ code }) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[code];
    if (step) this.#choose(Math.min(this.#runs.length - 1, Math.max(0, this.#chosen + step)));
    else byId("past-run").scrollBy(0, (code === "PageDown" ? 0.8 : -0.8) * byId("past-run").clientHeight);
  }

  #changed(id) {
    if (id === "period") this.#day = "";
    this.#search();
  }

  async #search(before = null) {
    const asked = ++this.#asked;
    say(byId("past-what"), this.#serial ? text("past.searched", this.#serial) : this.#day ? text("past.day", this.#day) : text("past.title"));
    const found = await read(`/history?${this.#query(before)}`);
    if (asked !== this.#asked) return;
    if (!found) {
      this.#warn(text("past.failed"));
      return;
    }
    this.#runs = before === null ? found.runs : [...this.#runs, ...found.runs];
    this.#hasMore = found.has_more;
    offer(byId("past-product"), found.products);
    offer(byId("past-operator"), found.operators);
    byId("past-runs").replaceChildren(...this.#runs.map(row));
    byId("past-none").hidden = this.#runs.length > 0;
    if (before === null) this.#choose(this.#runs.length ? 0 : -1);
    else this.#mark();
  }

  #query(before) {
    const query = new URLSearchParams();
    const put = (name, value) => value && query.set(name, value);
    put("serial", this.#serial);
    for (const name of ["verdict", "product", "operator"]) put(name, byId(`past-${name}`).value);
    const days = PERIODS[byId("past-period").value];
    const begin = this.#day ? new Date(`${this.#day}T00:00`) : days === undefined ? null : daysAgo(days);
    if (begin) put("since", begin.toISOString());
    if (this.#day) put("until", new Date(begin.getTime() + DAY_MS).toISOString());
    if (before !== null) put("before", String(before));
    return query;
  }

  #choose(index) {
    this.#chosen = index;
    this.#mark();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#show(this.#runs[index]), SHOW_AFTER_MS);
    if (this.#hasMore && index >= this.#runs.length - 5) this.#search(this.#runs.at(-1).number);
  }

  #mark() {
    const list = byId("past-runs");
    [...list.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === this.#chosen)));
    const chosen = list.children[this.#chosen];
    if (chosen) list.setAttribute("aria-activedescendant", chosen.id);
    else list.removeAttribute("aria-activedescendant");
    chosen?.scrollIntoView({ block: "nearest" });
  }

  async #show(past) {
    byId("past-run").hidden = !past;
    if (!past) return;
    byId("past-head").replaceChildren(...head(past));
    const entries = past.is_whole ? await read(`/history/${past.run_id}`) : [];
    if (this.#runs[this.#chosen] !== past) return;
    const run = entries?.length ? runOf({
      number: past.number, serial: past.serial, product: past.product, operator: past.operator, is_provisional: false,
      started_at: past.started_at, is_running: false, entries,
    }) : null;
    this.#table.draw(run);
    this.#drawCurves(run);
    byId("past-run").scrollTop = 0;
  }

  /** A card for each curve; those that are there are used again. */
  #drawCurves(run) {
    const traces = run ? [...run.traces] : [];
    while (this.#curves.length < traces.length) {
      const card = el("figure", {}, el("h2", {}), el("div", { class: "curve" }));
      byId("past-curves").append(card);
      this.#curves.push(new Curve(card));
    }
    this.#curves.forEach((curve, index) => curve.draw(traces[index] ? { ...run, traces: new Map([traces[index]]) } : null));
  }
}

function row(past) {
  return el("li", { role: "option", id: `past-${past.number}`, "aria-selected": "false" },
    el("span", { class: "mono" }, past.serial),
    el("span", {}, past.is_marginal && past.verdict === "PASS" ? el("span", { class: "badge warn" }, text("marginal")) : "", " ", badge(past.verdict)),
    el("span", { class: "soft small" }, `${moment(past.ended_at)} · ${past.product} · ${past.operator}`));
}

function head(past) {
  const took = ((Date.parse(past.ended_at) - Date.parse(past.started_at)) / 1000).toFixed(0);
  const facts = [moment(past.ended_at), past.plan, past.operator, text(`purpose.${past.purpose}`), past.slot,
    text("past.attempt", past.attempt), text("seconds", took)];
  return [
    el("p", { class: "row" }, el("span", { class: "serial mono" }, past.serial), badge(past.verdict, " solid")),
    el("p", { class: "soft" }, facts.join(" · ")),
    ["ERROR", "ABORTED"].includes(past.verdict) && past.why ? el("p", {}, past.why) : null,
  ].filter(Boolean);
}

function badge(verdict, more = "") {
  return el("span", { class: `badge${more}`, "data-verdict": verdict }, icon(verdict), text(verdict));
}

function moment(iso) {
  return new Date(iso).toLocaleString("sv-SE", { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });
}

function daysAgo(days) {
  const begin = new Date();
  begin.setHours(0, 0, 0, 0);
  begin.setDate(begin.getDate() - days);
  return begin;
}

/** Fills a list behind its first line, which asks for everything, and keeps what was chosen. */
function offer(select, names) {
  const chosen = select.value;
  select.replaceChildren(select.options[0], ...names.map((name) => el("option", { value: name }, name)));
  select.value = names.includes(chosen) ? chosen : "";
}

async function read(path) {
  try {
    const answer = await fetch(path);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
