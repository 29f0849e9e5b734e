// How often the page draws: at once where nothing was drawn for a frame's time, otherwise once in the next frame.

const FRAME_MS = 16;

export class Pace {
  #draw;
  #isDue = false;
  #drawnAt = 0;

  constructor(draw) {
    this.#draw = draw;
  }

  /** In the next frame: somebody has done something. */
  soon = () => {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(this.#draw);
  };

  /** Values have come: a single one waits for nothing. */
  next() {
    if (!this.#isDue && performance.now() - this.#drawnAt > FRAME_MS) this.#draw();
    else this.soon();
  }

  /** Everything is about to be drawn. */
  begin() {
    this.#isDue = false;
    this.#drawnAt = performance.now();
  }
}
