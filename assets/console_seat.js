// Who is at the bench: a name; where the server has a list, a badge, or a name with its PIN.

import { say } from "./console_dom.js";
import { send, sendNow } from "./console_follow.js";
import { language, text } from "./console_text.js";

const HERE_EVERY_MS = 30_000;
const byId = (id) => document.getElementById(id);

export class Seat {
  #desk;
  #hooks;
  #given = ""; // the name whose PIN is asked for
  #asking = null;
  #toldAt = -Infinity;

  /** `desk` holds station, claimed and isNaming; `hooks`: command, warn, draw, start. */
  constructor(desk, hooks) {
    this.#desk = desk;
    this.#hooks = hooks;
    byId("naming").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    // a badge is a secret: what holds a digit is no name and is not shown
    byId("name").addEventListener("input", () => byId("name").classList.toggle("is-code", this.#hasList() && /\d/.test(byId("name").value)));
    for (const happened of ["keydown", "pointerdown"]) document.addEventListener(happened, () => this.#tellHere(), true);
  }

  /** The name as the console keeps it; until it has said so, as it was given here. */
  operator() {
    return this.#desk.claimed || this.#desk.station.operator;
  }

  draw(isShown, isNew) {
    if (!isShown) {
      this.#given = "";
      return;
    }
    const isPin = Boolean(this.#given);
    say(byId("naming").querySelector("label"), text(isPin ? "seat.pin" : this.#hasList() ? "seat.badge" : "name"));
    byId("naming").querySelector("label").htmlFor = isPin ? "pin" : "name";
    say(byId("naming-hint"), text(isPin ? "seat.pin.hint" : this.#hasList() ? "seat.listed" : "seat.kept"));
    say(byId("naming-button"), text(this.#hasList() && !isPin ? "seat.next" : "seat.begin"));
    if (byId("name").hidden !== isPin || byId("pin").hidden === isPin) isNew = true;
    byId("name").hidden = isPin;
    byId("pin").hidden = !isPin;
    if (isNew && !this.#asking) this.#focus(isPin);
  }

  /** F2: another person. With a list nobody is there any more; without one the name stays until another is given. */
  leave() {
    if (this.#hasList()) {
      this.#desk.claimed = "";
      this.#hooks.command("leave", {});
    } else {
      this.#desk.isNaming = true;
      this.#hooks.draw(); // at once: the next key belongs to the name
    }
  }

  /** Esc: back from the PIN to the name; false where there was none asked for. */
  escape() {
    if (!this.#given) return false;
    this.#given = "";
    this.#hooks.draw();
    return true;
  }

  /** A code scanned while nobody is there and no field has the focus. */
  scanned(code) {
    if (this.#asking) this.#asking.then((isIn) => this.#afterwards(isIn, code));
    else if (this.#hasList()) this.#ask(code, "");
    else this.#hooks.warn(text("problem.no_operator"));
  }

  /** A code scanned while a unit is tested; `otherwise` is done where it is no badge. */
  scannedInRun(code, otherwise) {
    if (!this.#hasList()) return otherwise();
    return sendNow("badge", { code }).then((answer) => {
      if (answer.problem === "shift_running") this.#hooks.warn(text("problem.shift_running"));
      else otherwise();
    });
  }

  /** What was scanned or typed while the console was asked: the next unit, or the PIN that it asks for. */
  #afterwards(isIn, code) {
    if (isIn) this.#hooks.start(code);
    else if (this.#given) this.#ask(this.#given, code);
    else this.#hooks.warn(text("problem.no_operator"));
  }

  #hasList() {
    return this.#desk.station.has_list;
  }

  #submit() {
    const name = byId("name").value.trim();
    if (this.#given) {
      const pin = byId("pin").value;
      byId("pin").value = "";
      if (pin) this.#ask(this.#given, pin);
    } else if (name && this.#hasList()) this.#hear(name);
    else if (name) this.#claim(name);
  }

  /** Every badge has a digit; a name is asked for its PIN at once, so that the PIN may be typed at once. */
  #hear(name) {
    if (/\d/.test(name)) return this.#ask(name, "");
    this.#given = name;
    byId("name").value = "";
    this.#hooks.warn("");
    return this.#hooks.draw();
  }

  async #ask(name, pin) {
    this.#hooks.warn("");
    byId("name").value = "";
    byId("name").classList.remove("is-code");
    byId("band").focus({ preventScroll: true }); // what is scanned next is not typed into the field
    this.#asking = this.#answerTo(name, pin);
    await this.#asking;
    this.#asking = null;
    this.#hooks.draw();
    if (document.body.dataset.phase === "name") this.#focus(Boolean(this.#given));
  }

  /** True when somebody has signed on. */
  async #answerTo(name, pin) {
    const answer = await send("sign-on", { name, pin });
    this.#given = answer.problem === "pin" ? name : "";
    if (!answer.problem) {
      this.#desk.isNaming = false;
      if (answer.language && !answer.language.startsWith(language)) location.assign(`?lang=${answer.language.replace("-", "_")}`);
    } else if (answer.problem !== "pin") this.#hooks.warn(text(`problem.${answer.problem}`, answer.wait_s));
    return !answer.problem;
  }

  /** Takes the name at once, so that what is scanned next is not typed into its field; lets it go where it is none. */
  async #claim(name) {
    this.#desk.claimed = name;
    this.#desk.isNaming = false;
    this.#hooks.warn("");
    this.#hooks.draw();
    const answer = await this.#hooks.command("sign-on", { name });
    if (!answer.problem) return;
    this.#desk.claimed = "";
    this.#desk.isNaming = true;
    this.#hooks.draw();
  }

  #focus(isPin) {
    const field = byId(isPin ? "pin" : "name");
    field.value = isPin || this.#hasList() ? "" : this.#desk.station.operator;
    field.focus();
    field.select();
  }

  #tellHere() {
    if (performance.now() - this.#toldAt < HERE_EVERY_MS || !this.operator() || !this.#hasList()) return;
    this.#toldAt = performance.now();
    sendNow("here");
  }
}
