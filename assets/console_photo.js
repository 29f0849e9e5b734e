// A photo that is asked for: taken by the PC's, the phone's or the bench's camera or from a file, shown, and taken over by a person's Enter.

import { text } from "./console_text.js";

const LONGEST = 1600; // points of the longer side: a serial number on a label is read, and it has some 400 kB
const QUALITY = 0.85;

export class Photo {
  #prompt = null;
  #hasPicture = false;
  #isSent = false;
  #isLooking = false;
  #hooks;
  #file = document.getElementById("photo-file");
  #canvas = document.getElementById("photo-picture");
  #choose = document.getElementById("photo-choose");
  #take = document.getElementById("photo-take");
  #bench = document.getElementById("photo-bench");

  constructor(hooks) {
    this.#hooks = hooks;
    this.#choose.addEventListener("click", () => this.#file.click());
    this.#take.addEventListener("click", () => this.#answer());
    this.#bench.addEventListener("click", () => this.look());
    this.#file.addEventListener("change", () => this.#show(this.#file.files[0]));
  }

  /** Shows that a photo is asked for; the same prompt told again may be answered again. */
  show(prompt) {
    const isSame = prompt.prompt_id === this.#prompt?.prompt_id;
    if (prompt !== this.#prompt) this.#isSent = false;
    this.#prompt = prompt;
    this.#bench.hidden = !this.#hooks.hasCamera();
    if (!isSame) this.#clear();
  }

  /** The space bar opens the camera or the files, and presses no button that has the focus. */
  key(event) {
    if (event.code !== "Space") return false;
    document.getElementById("prompt-title").focus();
    if (!event.repeat) this.#file.click();
    return true;
  }

  knows() {
    return false;
  }

  scanned(code) {
    this.#hooks.warn(text("photo.unknown", code));
  }

  /** A person's Enter that was not on a button. */
  confirm() {
    this.#answer();
  }

  /** F8: the bench's camera takes it, where there is one; the picture is nothing yet until a person takes it over. */
  async look() {
    if (this.#isLooking || this.#bench.hidden) return;
    const prompt = this.#prompt;
    this.#isLooking = true;
    this.#hooks.warn(text("photo.looking"));
    const answer = await this.#hooks.look();
    this.#isLooking = false;
    if (prompt !== this.#prompt) return;
    if (answer.problem) this.#hooks.warn(text(`problem.${answer.problem}`, answer.detail));
    else await this.#show(new Blob([Uint8Array.from(atob(answer.picture), (letter) => letter.charCodeAt(0))]));
  }

  async #show(file) {
    if (!file) return;
    const prompt = this.#prompt;
    this.#file.value = ""; // the same file may be chosen again
    let picture;
    try {
      picture = await createImageBitmap(file);
    } catch {
      this.#hooks.warn(text("problem.bad_photo"));
      return;
    }
    if (prompt === this.#prompt) this.#draw(picture);
    picture.close();
  }

  #draw(picture) {
    const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    this.#canvas.width = Math.max(1, Math.round(picture.width * scale));
    this.#canvas.height = Math.max(1, Math.round(picture.height * scale));
    this.#canvas.getContext("2d").drawImage(picture, 0, 0, this.#canvas.width, this.#canvas.height);
    this.#hasPicture = true;
    this.#label();
    this.#hooks.warn("");
    this.#take.focus();
  }

  #clear() {
    this.#hasPicture = false;
    this.#label();
    requestAnimationFrame(() => document.getElementById("prompt-title").focus());
  }

  #label() {
    this.#canvas.hidden = this.#take.hidden = !this.#hasPicture;
    this.#choose.querySelector("span").textContent = text(this.#hasPicture ? "photo.again" : "photo.choose");
  }

  async #answer() {
    if (!this.#hasPicture) return this.#hooks.warn(text("photo.none"));
    if (this.#isSent) return undefined;
    this.#isSent = true;
    const prompt = this.#prompt;
    const said = { prompt_id: prompt.prompt_id, picture: await base64Of(this.#canvas) };
    const answer = await this.#hooks.answer("photo", said);
    if (prompt === this.#prompt) this.#isSent = !answer.problem;
    return undefined;
  }
}

/** The picture of `canvas` as JPEG, in base64. */
async function base64Of(canvas) {
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result.slice(reader.result.indexOf(",") + 1)));
    reader.readAsDataURL(blob);
  });
}
