// What is asked about ICs that change hands: how many are taken or given back, why one is scrapped.

import { el, say } from "./console_dom.js";
import { text } from "./console_text.js";

const REASONS = ["burn_failed", "damaged", "not_blank", "wrong_part", "lost"];
const byId = (id) => document.getElementById(id);

export class Ask {
  #hooks;
  #asked = null;

  /** `hooks`: drawSoon(), warn(message), handOver(body), printLabel(site). */
  constructor(hooks) {
    this.#hooks = hooks;
  }

  get isOpen() {
    return this.#asked !== null;
  }

  /** How many are taken or returned; Enter alone takes `most`. */
  count(event, most) {
    this.#open({ kind: "count", event, most, options: [String(most)], title: text(event === "taken" ? "take" : "return") });
  }

  /** Why the IC of `site` (or one in hand, for null) is scrapped; one that is kept calls `kept`. */
  scrap(site, kept) {
    const options = site ? [...REASONS, "keep"] : REASONS;
    const title = site ? text("scrap.of", `${site.name} ${site.socket}`) : text("scrap");
    this.#open({ kind: "scrap", burn: site?.burn_id ?? null, kept, options, title });
  }

  /** Which of the labels of `sites` is printed again. */
  label(sites) {
    const options = sites.map((site) => `${site.name} ${site.socket}`);
    this.#open({ kind: "label", sites, options, title: text("label.which") });
  }

  /** What was typed or scanned; false where it is no answer, and may be something else. */
  entered(code) {
    if (!/^[1-9]\d{0,5}$/.test(code)) return false; // a label's digits are as long as they are, zeros in front
    const number = Number(code);
    if (this.#asked.kind === "count") {
      if (number <= this.#asked.most) this.#count(number);
      else this.#hooks.warn(this.#asked.title);
    } else if (this.#asked.options[number - 1]) this.#choose(this.#asked.options[number - 1]);
    else this.#hooks.warn(text("custody.hint"));
    return true;
  }

  /** Enter alone: all that may be taken or given back; a reason is never guessed. */
  confirm() {
    if (this.#asked?.kind === "count") this.#count(this.#asked.most);
    else this.#hooks.warn(text("custody.hint"));
  }

  escape() {
    if (this.#asked?.burn) this.#asked.kept();
    this.close();
  }

  close() {
    this.#asked = null;
    this.#hooks.drawSoon();
  }

  draw() {
    if (!this.#asked) return;
    say(byId("asking-title"), this.#asked.title);
    const key = JSON.stringify([this.#asked.kind, this.#asked.options, this.#asked.burn]);
    if (byId("asking-options").dataset.key === key) return;
    byId("asking-options").dataset.key = key;
    byId("asking-options").replaceChildren(...this.#asked.options.map((option, index) => this.#option(option, index)));
  }

  #option(option, index) {
    const isCount = this.#asked.kind === "count";
    return el("button", { class: "option", type: "button", onclick: () => (isCount ? this.#count(Number(option)) : this.#choose(option)) },
      el("kbd", {}, isCount ? "Enter" : String(index + 1)), this.#asked.kind === "scrap" ? text(`reason.${option}`) : option);
  }

  #open(asked) {
    this.#asked = asked;
    this.#hooks.warn("");
    this.#hooks.drawSoon();
  }

  #count(quantity) {
    return this.#once({ event: this.#asked.event, quantity });
  }

  /** One answer is sent, however often Enter is pressed until the console has answered. */
  async #once(body) {
    const asked = this.#asked;
    if (asked.isSent) return;
    asked.isSent = true;
    await this.#hooks.handOver(body);
    asked.isSent = false;
  }

  #choose(reason) {
    if (reason === "keep") return this.escape();
    if (this.#asked.kind === "label") {
      this.#hooks.printLabel(this.#asked.sites[this.#asked.options.indexOf(reason)]);
      return this.close();
    }
    return this.#once({ event: "scrapped", quantity: 1, reason, burn: this.#asked.burn });
  }
}
