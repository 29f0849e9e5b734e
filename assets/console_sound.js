// Three short sounds beside what the page shows: good, bad, a question. Off until somebody turns them on.

import { outcomeOf } from "./console_run.js";
import { text } from "./console_text.js";

const NOTES = {
  good: { shape: "sine", notes: [660, 880], long_s: 0.16 },
  bad: { shape: "square", notes: [233, 185], long_s: 0.3 },
  question: { shape: "triangle", notes: [587], long_s: 0.14 },
};
const LOUDNESS = { sine: 0.35, triangle: 0.35, square: 0.12 };

export class Sound {
  #button;
  #context = null;
  #heard = null;

  constructor(button) {
    this.#button = button;
    button.addEventListener("click", () => this.toggle());
    this.#draw();
  }

  get isOn() {
    return localStorage.getItem("sound") === "on";
  }

  toggle() {
    localStorage.setItem("sound", this.isOn ? "off" : "on");
    this.#draw();
    if (this.isOn) this.#play("good");
  }

  /** Sounds when a run has come to another question or to its end; what was there when the page opened is silent. */
  hear(runs) {
    const before = this.#heard;
    this.#heard = new Map(runs.map((run) => [run.number, soundOf(run)]));
    if (!before || !this.isOn) return;
    for (const [number, [key, note]] of this.#heard) if (note && before.get(number)?.[0] !== key) this.#play(note);
  }

  #play(name) {
    const { shape, notes, long_s: long } = NOTES[name];
    this.#context ??= new AudioContext();
    this.#context.resume();
    notes.forEach((hertz, index) => {
      const begin = this.#context.currentTime + index * long;
      const tone = new OscillatorNode(this.#context, { type: shape, frequency: hertz });
      const volume = new GainNode(this.#context, { gain: 0 });
      volume.gain.setValueAtTime(0, begin);
      volume.gain.linearRampToValueAtTime(LOUDNESS[shape], begin + 0.01);
      volume.gain.setTargetAtTime(0, begin + long * 0.6, long * 0.12);
      tone.connect(volume).connect(this.#context.destination);
      tone.start(begin);
      tone.stop(begin + long * 1.5);
    });
  }

  #draw() {
    this.#button.setAttribute("aria-pressed", String(this.isOn));
    this.#button.title = `${text(this.isOn ? "sound.on" : "sound.off")} (F10)`;
    this.#button.querySelector("use").setAttribute("href", `/static/icons.svg#${this.isOn ? "sound" : "silence"}`);
  }
}

/** What a run has come to, and how that sounds. */
function soundOf(run) {
  const outcome = outcomeOf(run);
  if (outcome) return [outcome, outcome === "PASS" ? "good" : "bad"];
  const asked = run.isRunning && run.prompt ? run.prompt.prompt_id : "";
  return [asked, asked ? "question" : ""];
}
