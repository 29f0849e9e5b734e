// What the run asks of the operator: a list to tick or a question; each has its own keys and one place on the page.

import { mark, say } from "./console_dom.js";
import { Checklist } from "./console_checklist.js";
import { Photo } from "./console_photo.js";
import { Question } from "./console_question.js";
import { named } from "./console_text.js";

export class Prompt {
  #shown = "";
  #asker = null;
  #hooks;
  #checklist;
  #question;
  #photo;
  #form = document.getElementById("prompt");

  constructor(hooks) {
    this.#hooks = hooks;
    this.#checklist = new Checklist({ warn: hooks.warn, answer: (said) => hooks.answer("answer", said) });
    this.#question = new Question({ warn: hooks.warn, answer: hooks.answer });
    this.#photo = new Photo(hooks);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.confirm();
    });
  }

  /** Shows what `run` asks; nothing when it asks nothing. */
  show(run) {
    const prompt = run?.isRunning ? run.prompt : null;
    const key = prompt ? `${run.id}/${prompt.prompt_id}` : "";
    const isNew = key !== this.#shown;
    this.#shown = key;
    this.#asker = prompt ? this.#askerOf(prompt.event) : null;
    if (!prompt) return;
    if (isNew) {
      mark(this.#form, "data-event", prompt.event);
      say(document.getElementById("prompt-title"), named(prompt));
      this.#hooks.isNew();
    }
    this.#asker.show(prompt, run);
  }

  #askerOf(event) {
    return { prompted: this.#checklist, photo_asked: this.#photo }[event] ?? this.#question;
  }

  /** True when the key was used. */
  key(event) {
    return Boolean(this.#asker?.key(event));
  }

  typing(buffer) {
    if (this.#asker === this.#question) this.#question.typing(buffer);
  }

  /** Whether the code can be an answer to what is asked. */
  knows(code) {
    return Boolean(this.#asker?.knows(code));
  }

  scanned(code, beganAt) {
    this.#asker?.scanned(code, beganAt);
  }

  /** A person's Enter. */
  confirm() {
    this.#asker?.confirm();
  }

  /** F8: what is not ticked is missing; of a photo, the bench's camera takes it. */
  report() {
    if (this.#asker === this.#checklist) this.#checklist.report();
    if (this.#asker === this.#photo) this.#photo.look();
  }
}
