// Stopping: Esc twice or the red button for the slot that is shown, the other one for all; any other key disarms.

import { sendNow } from "./console_follow.js";
import { text } from "./console_text.js";

const ARMED_MS = 3000;
const byId = (id) => document.getElementById(id);

export class Stop {
  #armed = 0;
  #slots;
  #hooks;
  #one = byId("abort");
  #all = byId("abort-all");

  /** `hooks`: warn(message), stopping() when the slot shown is told to stop. */
  constructor(slots, hooks) {
    this.#slots = slots;
    this.#hooks = hooks;
    this.#one.addEventListener("click", () => this.#stop());
    this.#all.addEventListener("click", () => this.#stopAll());
  }

  get isArmed() {
    return this.#armed !== 0;
  }

  draw() {
    this.#one.hidden = !this.#slots.run?.isRunning;
    this.#all.hidden = !this.#slots.isMany || !this.#slots.isTesting;
    if (!this.#slots.isTesting) this.disarm();
  }

  disarm() {
    clearTimeout(this.#armed);
    this.#armed = 0;
    for (const button of [this.#one, this.#all]) button.classList.remove("is-armed");
  }

  /** Esc: arms, then stops what the slot shown tests, or all others where it tests nothing; false where nothing is. */
  escape() {
    if (!this.#slots.isTesting) return false;
    const isOne = Boolean(this.#slots.run?.isRunning);
    if (this.isArmed) {
      if (isOne) this.#stop();
      else this.#stopAll();
      return true;
    }
    this.#armed = setTimeout(() => { this.disarm(); this.#hooks.warn(""); }, ARMED_MS);
    (isOne ? this.#one : this.#all).classList.add("is-armed");
    this.#hooks.warn(text(isOne ? "arm" : "arm.all"));
    return true;
  }

  #stop() {
    this.#hooks.stopping();
    this.#tell("abort", { slot: this.#slots.shown });
  }

  #stopAll() {
    if (this.#slots.run?.isRunning) this.#hooks.stopping();
    this.#tell("abort-all", {});
  }

  async #tell(command, body) {
    this.disarm();
    const said = await sendNow(command, body);
    if (said.problem) this.#hooks.warn(text(`problem.${said.problem}`));
  }
}
