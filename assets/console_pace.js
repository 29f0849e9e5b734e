// How often the page draws: at once where nothing was drawn for a while, and never so often that it keeps the bench waiting.

const FRAME_MS = 16;
const LONGEST_REST_MS = 250;
const REST = 2; // times as long as a frame took: the run needs the processor too

export class Pace {
  #draw;
  #isDue = false;
  #timer = 0;
  #drawnAt = 0;
  #restMs = FRAME_MS;
  #painted = new MessageChannel(); // its task comes after the frame was painted

  constructor(draw) {
    this.#draw = draw;
  }

  /** In the next frame: somebody has done something. */
  soon = () => {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(this.#draw);
  };

  /** As soon as the page has rested: values have come. A single one waits for nothing. */
  next() {
    if (this.#isDue) return;
    const waitMs = this.#drawnAt + this.#restMs - performance.now();
    if (waitMs <= 0) this.#draw();
    else this.#timer ||= setTimeout(this.#draw, waitMs);
  }

  /** Everything is about to be drawn; gives when. */
  begin() {
    this.#isDue = false;
    clearTimeout(this.#timer);
    this.#timer = 0;
    return performance.now();
  }

  /** Everything was drawn that was begun then: what it takes to lay it out and to paint it is known after the frame. */
  end(begun) {
    this.#drawnAt = performance.now();
    const writtenMs = this.#drawnAt - begun;
    requestAnimationFrame(() => {
      const from = performance.now();
      this.#painted.port1.onmessage = () => {
        this.#restMs = Math.min(LONGEST_REST_MS, Math.max(FRAME_MS, REST * (writtenMs + performance.now() - from)));
      };
      this.#painted.port2.postMessage(0);
    });
  }
}
