// The accessories to tick: by the space bar, by number, or by scanning their labels; no scan confirms it.

import { el, say } from "./console_dom.js";
import { named, text } from "./console_text.js";

export class Checklist {
  #prompt = null;
  #run = null;
  #isSent = false;
  #hooks;
  #list = document.getElementById("prompt-items");
  #confirmButton = document.getElementById("prompt-confirm");
  #reportButton = document.getElementById("prompt-report");

  constructor(hooks) {
    this.#hooks = hooks;
    this.#reportButton.addEventListener("click", () => this.report());
    this.#list.addEventListener("change", () => this.#ticked());
  }

  /** Shows `prompt` of `run`, with what was ticked before a reload. */
  show(prompt, run) {
    if (prompt.prompt_id === this.#prompt?.prompt_id && run.id === this.#run.id) return;
    this.#prompt = prompt;
    this.#run = run;
    this.#isSent = false;
    const ticked = new Set(JSON.parse(sessionStorage.getItem(this.#key()) ?? "[]"));
    this.#list.replaceChildren(...prompt.items.map((item, index) => el("li", {}, el("label", {},
      el("input", { type: "checkbox", value: item.name, checked: ticked.has(item.name) }),
      el("kbd", {}, String(index + 1)), named(item)))));
    this.#ticked();
    requestAnimationFrame(() => (this.#boxes().find((box) => !box.checked) ?? this.#confirmButton).focus());
  }

  /** Space and the arrow keys; true when the key was used. */
  key(event) {
    const boxes = this.#boxes();
    const here = boxes.indexOf(document.activeElement);
    if (event.code === "Space" && (here >= 0 || document.activeElement?.tagName !== "BUTTON")) {
      if (!event.repeat) this.#tick(boxes[Math.max(0, here)]);
      return true;
    }
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.code];
    if (!step) return false;
    boxes[(here + step + boxes.length) % boxes.length]?.focus();
    return true;
  }

  /** A number of the list, or the name on an item's label; anything else is told and changes nothing. */
  scanned(code) {
    const numbered = this.#numbered(code);
    const labelled = this.#labelled(code);
    if (numbered) this.#tick(numbered);
    else if (labelled) this.#tick(labelled, true);
    else this.#hooks.warn(text("tick.unknown", code));
  }

  knows(code) {
    return Boolean(this.#numbered(code) ?? this.#labelled(code));
  }

  #numbered(code) {
    return /^\d{1,2}$/.test(code) ? this.#boxes()[Number(code) - 1] : undefined;
  }

  #labelled(code) {
    return this.#boxes().find((box) => box.value.toUpperCase() === code.normalize("NFKC").toUpperCase());
  }

  /** A person's Enter: sends the answer when all is ticked, else says what to do. */
  confirm() {
    const missing = this.#missing();
    if (missing) this.#hooks.warn(text("tick.missing", missing));
    else this.#answer();
  }

  /** F8: what is not ticked is missing. */
  report() {
    if (this.#missing()) this.#answer();
  }

  #answer() {
    if (this.#isSent || !this.#prompt) return;
    this.#isSent = true;
    this.#hooks.warn("");
    const present = this.#boxes().filter((box) => box.checked).map((box) => box.value);
    this.#hooks.answer({ prompt_id: this.#prompt.prompt_id, present })
      .then((answer) => { this.#isSent = !answer.problem; });
  }

  #tick(box, isTicked = !box.checked) {
    box.checked = isTicked;
    this.#hooks.warn("");
    this.#ticked();
    const boxes = this.#boxes();
    const from = boxes.indexOf(box);
    const next = isTicked ? [...boxes.slice(from + 1), ...boxes].find((other) => !other.checked) : box;
    (next ?? this.#confirmButton).focus();
  }

  #ticked() {
    const missing = this.#missing();
    this.#confirmButton.disabled = missing > 0;
    this.#reportButton.hidden = missing === 0;
    say(this.#reportButton.querySelector("span"), text("tick.report", missing));
    const ticked = this.#boxes().filter((box) => box.checked).map((box) => box.value);
    sessionStorage.setItem(this.#key(), JSON.stringify(ticked));
  }

  #missing() {
    return this.#boxes().filter((box) => !box.checked).length;
  }

  #boxes() {
    return [...this.#list.querySelectorAll("input")];
  }

  #key() {
    return `ticked/${this.#run.id}/${this.#prompt.prompt_id}`;
  }
}
