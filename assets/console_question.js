// A question to the operator: yes or no, one of several, or a number. A scan never answers it: one character and Enter
// is a person's choice, and a number is taken only by a second Enter, when it has been seen as it was read.

import { el, icon, mark, say } from "./console_dom.js";
import { named, text } from "./console_text.js";

const MAX_DIGITS = 9; // more than any display shows, fewer than what is usually scanned
const LETTERS = { Y: 0, N: 1 };

/** `typed` with a point before its decimals, as the station reads it; empty where it is no number. */
export function numberText(typed) {
  const plain = typed.replace(/[！-～]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replaceAll("。", ".").replaceAll("−", "-").trim();
  const isNumber = /^[+-]?(\d+([.,]\d*)?|[.,]\d+)$/.test(plain) && plain.replace(/\D/g, "").length <= MAX_DIGITS;
  return isNumber ? plain.replace(",", ".") : "";
}

export class Question {
  #prompt = null;
  #key = "";
  #shownAt = 0;
  #isSent = false;
  #typed = "";
  #buffer = "";
  #hooks;
  #title = document.getElementById("prompt-title");
  #options = document.getElementById("prompt-options");
  #value = document.getElementById("prompt-value");
  #take = document.getElementById("prompt-take");

  constructor(hooks) {
    this.#hooks = hooks;
    this.#take.addEventListener("click", () => this.#enter());
  }

  /** Shows `prompt` with the focus on no answer; the same one again may be answered again. */
  show(prompt, run) {
    const isSame = prompt.prompt_id === this.#prompt?.prompt_id;
    if (prompt !== this.#prompt) this.#isSent = false;
    this.#prompt = prompt;
    if (isSame) return;
    this.#shownAt = performance.now();
    this.#key = `typed/${run.id}/${prompt.prompt_id}`;
    this.#typed = sessionStorage.getItem(this.#key) ?? "";
    this.#options.replaceChildren(...answersTo(prompt).map((answer, index) => this.#button(answer, index)));
    mark(this.#options, "data-event", prompt.event);
    say(document.getElementById("prompt-unit"), unitOf(prompt));
    this.#take.hidden = true;
    this.typing("");
    requestAnimationFrame(() => (this.#take.hidden ? this.#title : this.#take).focus());
  }

  /** The arrow keys go from answer to answer; the space bar, which a code may begin with, answers nothing. */
  key(event) {
    if (event.code === "Space") return true;
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.code];
    const buttons = [...this.#options.children];
    if (!step || !buttons.length) return false;
    const here = buttons.indexOf(document.activeElement);
    buttons[here < 0 ? 0 : (here + step + buttons.length) % buttons.length].focus();
    return true;
  }

  /** What is being typed, shown where the number will stand. */
  typing(buffer) {
    this.#buffer = buffer;
    if (!this.#prompt || !this.#isNumber()) return;
    const taken = numberText(this.#typed);
    say(this.#value, buffer || taken);
    this.#value.classList.toggle("is-typing", Boolean(buffer) || !taken);
    this.#take.hidden = !taken;
    say(this.#take.querySelector("span"), text("enter.take", `${taken} ${unitOf(this.#prompt)}`.trim()));
  }

  /** Characters and Enter: an answer only if a person can have meant this very question. */
  scanned(code, beganAt) {
    if (beganAt < this.#shownAt) this.#hooks.warn(text("question.early", code));
    else if (this.#isNumber()) this.#type(code);
    else {
      const button = this.#meant(code);
      if (button) button.click();
      else this.#hooks.warn(text("question.unknown", code));
    }
  }

  knows(code) {
    return this.#isNumber() ? Boolean(numberText(code)) : Boolean(this.#meant(code));
  }

  #meant(code) {
    const letter = this.#prompt.event === "confirm_asked" ? LETTERS[code.toUpperCase()] : undefined;
    return [...this.#options.children][/^[1-9]$/.test(code) ? Number(code) - 1 : letter];
  }

  /** A person's Enter that was not on a button. */
  confirm() {
    if (this.#isNumber() && numberText(this.#typed)) this.#enter();
    else this.#hooks.warn(text(this.#isNumber() ? "enter.none" : "question.none"));
  }

  #isNumber() {
    return this.#prompt.event === "enter_asked";
  }

  #button({ command, said, shown, verdict }, index) {
    const button = el("button", { type: "button", class: "option", "data-verdict": verdict },
      el("kbd", {}, String(index + 1)), verdict && icon(verdict), el("span", {}, shown));
    button.addEventListener("click", () => this.#answer(command, said));
    return button;
  }

  #type(code) {
    if (!numberText(code)) {
      this.#hooks.warn(text("enter.unknown", code));
      return;
    }
    this.#typed = code;
    sessionStorage.setItem(this.#key, code);
    this.#hooks.warn("");
    this.typing("");
    this.#take.focus();
  }

  #enter() {
    if (!this.#buffer) this.#answer("enter", { text: this.#typed });
  }

  #answer(command, said) {
    if (this.#isSent) return;
    this.#isSent = true;
    this.#hooks.warn("");
    this.#hooks.answer(command, { prompt_id: this.#prompt.prompt_id, ...said })
      .then((answer) => { this.#isSent = !answer.problem; });
  }
}

function answersTo(prompt) {
  if (prompt.event === "choose_asked") {
    return prompt.options.map((option) => ({ command: "choose", said: { option: option.name }, shown: named(option) }));
  }
  if (prompt.event !== "confirm_asked") return [];
  return [
    { command: "confirm", said: { is_so: true }, shown: text("confirm.yes"), verdict: "PASS" },
    { command: "confirm", said: { is_so: false }, shown: text("confirm.no"), verdict: "FAIL" },
  ];
}

function unitOf(prompt) {
  return !prompt.unit || prompt.unit === "1" ? "" : prompt.unit;
}
