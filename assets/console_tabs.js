// The faces of the work: values, and the schedule.

const REDRAW_MS = 500;
const byId = (id) => document.getElementById(id);
let loading = null;

/** The two faces of the work: values, and the schedule, which is drawn only while it is looked at. */
export class WorkTabs {
  #isSchedule = false;
  #changed;
  #run = null;

  constructor(changed) {
    this.#changed = changed;
    setInterval(() => this.#isSchedule && this.#run?.isRunning && this.#changed(), REDRAW_MS);
    byId("tab-values").addEventListener("click", () => this.show(false));
    byId("tab-schedule").addEventListener("click", () => this.show(true));
    byId("work-tabs").addEventListener("keydown", (event) => {
      if (event.code !== "ArrowLeft" && event.code !== "ArrowRight") return;
      this.toggle();
      byId(this.#isSchedule ? "tab-schedule" : "tab-values").focus();
    });
  }

  /** Draws the schedule of `run` if it is looked at; the picture's script is fetched when it first is. */
  async draw(run) {
    this.#run = run;
    if (!this.#isSchedule) return;
    loading ??= import("./console_gantt.js").then(({ Gantt }) => new Gantt());
    (await loading).draw(this.#run);
  }

  toggle() {
    this.show(!this.#isSchedule);
  }

  show(isSchedule) {
    this.#isSchedule = isSchedule;
    for (const [id, isShown] of [["values", !isSchedule], ["schedule", isSchedule]]) {
      byId(id).hidden = !isShown;
      byId(`tab-${id}`).setAttribute("aria-selected", String(isShown));
      byId(`tab-${id}`).tabIndex = isShown ? 0 : -1;
    }
    this.#changed();
  }
}
