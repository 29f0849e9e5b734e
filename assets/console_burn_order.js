// The order on the desk with its accounts, and the list of open orders from which one is taken.

import { el, mark, say } from "./console_dom.js";
import { clockTime, language, text } from "./console_text.js";

const byId = (id) => document.getElementById(id);

/** Draws the order; `isBurning` while ICs are burned. */
export function drawOrder(order, isBurning) {
  const { sheet, account } = order;
  say(byId("order-no"), sheet.no);
  say(byId("order-for"), sheet.unit ? sheet.unit.serial : text("burn.stock"));
  say(byId("order-image"), `${sheet.image.name} ${sheet.image.version}`);
  say(byId("order-target"), sheet.target);
  say(byId("order-product"), [sheet.product, sheet.board_revision && text("burn.revision", sheet.board_revision)].filter(Boolean).join(" · "));
  say(byId("order-how"), howOf(sheet.options));
  say(byId("order-people"), text("burn.by", sheet.requested_by, sheet.approved_by ?? "–"));
  byId("order-note").hidden = !sheet.note;
  say(byId("order-note"), sheet.note);
  say(byId("order-good"), text("burn.account", account.good, account.quantity));
  byId("order-bar").max = account.quantity;
  byId("order-bar").value = account.good;
  say(byId("order-more"), text("burn.account.more", account.taken, account.scrapped, account.returned, order.in_hand));
  byId("order-away").hidden = !order.away;
  say(byId("order-away"), text("burn.away", clockTime(sheet.expires_at)));
  byId("order-aside").hidden = !account.set_aside;
  say(byId("order-aside"), text("burn.aside", account.set_aside));
  say(byId("order-next"), nextOf(order, isBurning));
  byId("order-next").classList.toggle("is-closed", Boolean(order.closed) && !isBurning);
  byId("start").disabled = isBurning || Boolean(order.closed) || order.needs_unit;
  byId("take").disabled = isBurning || (Boolean(sheet.unit) && account.taken === 0) || order.left <= order.in_hand;
  for (const id of ["give-back", "scrap"]) byId(id).disabled = isBurning || order.in_hand <= 0;
  byId("put-away").disabled = isBurning;
}

/** How the order has it burned, in a few words. */
function howOf(options) {
  const words = [options.backup ? "backup" : "no_backup", options.blank_check && "blank_check", options.proof];
  if (options.erase !== "as_needed") words.push(options.erase);
  if (!options.lower_clock) words.push("lower_clock");
  const said = words.filter(Boolean).map((word) => text(`burn.how.${word}`));
  if (options.protection) said.push(text("burn.how.protection", options.protection));
  return said.join(" · ");
}

/** What was burned and scrapped since the operator signed on. */
export function shiftOf({ good, bad, scrapped }) {
  const reasons = Object.entries(scrapped).map(([reason, count]) => `${text(`reason.${reason}`)} ${count}`);
  const share = good + bad ? text("burn.shift.yield", Math.round((100 * good) / (good + bad))) : "";
  const words = reasons.length ? text("burn.shift.scrapped", reasons.join(", ")) : "";
  return [text("burn.shift", good, bad), share, words].filter(Boolean).join(" · ");
}

function nextOf(order, isBurning) {
  if (isBurning) return text("burn.running");
  if (order.left === 0) return text("burn.done");
  if (order.closed) return (language === "zh" && order.closed.zh) || order.closed.en;
  return order.needs_unit ? text("burn.ready.unit", order.sheet.unit.serial) : text("burn.ready");
}

export class OpenOrders {
  #rows = [];
  #at = 0;
  #hooks;
  #table = byId("open");

  /** `hooks`: choose(no). */
  constructor(hooks) {
    this.#hooks = hooks;
  }

  get chosen() {
    return this.#rows[this.#at]?.no ?? "";
  }

  /** The arrow keys move what Enter would take. */
  move(step) {
    this.#at = Math.min(Math.max(this.#at + step, 0), this.#rows.length - 1);
    this.#mark(true);
  }

  draw(orders, isChoosing) {
    const key = JSON.stringify(orders);
    this.#table.hidden = !orders.length;
    byId("open-none").hidden = orders.length > 0;
    if (this.#table.dataset.key !== key) {
      this.#table.dataset.key = key;
      this.#rows = orders;
      this.#table.tBodies[0].replaceChildren(...orders.map((order) => this.#row(order)));
      this.#at = Math.min(this.#at, Math.max(orders.length - 1, 0));
    }
    this.#mark(isChoosing);
  }

  #row(order) {
    return el("tr", { onclick: () => this.#hooks.choose(order.no) },
      el("td", { class: "mono nowrap" }, order.no),
      el("td", {}, `${order.image.name} ${order.image.version}`),
      el("td", { class: "mono nowrap" }, order.target),
      el("td", {}, order.product),
      el("td", { class: "mono nowrap" }, order.unit?.serial ?? text("burn.stock")),
      el("td", { class: "number" }, String(order.good)),
      el("td", { class: "number" }, String(order.quantity)));
  }

  #mark(isChoosing) {
    [...this.#table.tBodies[0].rows].forEach((row, index) => {
      const isAt = isChoosing && index === this.#at;
      mark(row, "aria-selected", isAt);
      if (isAt) row.scrollIntoView({ block: "nearest" });
    });
  }
}
