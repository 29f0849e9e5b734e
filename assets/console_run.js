// A run as its entries tell it: the same fold draws a live page, a reloaded one and a second window.

/** An order that has no entries yet. */
export function runOf(state) {
  const run = {
    slot: state.slot, number: state.number, id: "", serial: state.serial, product: state.product, operator: state.operator,
    isProvisional: state.is_provisional, startedAt: Date.parse(state.started_at), isRunning: state.is_running,
    steps: new Map(), measurements: new Map(), traces: new Map(), current: "", prompt: null, stopped: null,
    safe: null, finished: null, refused: null, exited: null, label: null, remedies: [], changes: 0,
  };
  for (const entry of state.entries) take(run, entry);
  return run;
}

/** Adds one entry; entries that are not known change nothing. */
export function take(run, entry) {
  run.changes += 1;
  TAKERS[entry.event]?.(run, entry);
}

/** How often the step that was played most was played; 1 where none was played again. */
export function attemptsOf(run) {
  return Math.max(1, ...[...run.steps.values()].map((step) => step.attempts.length + 1));
}

/** Whether the run passed, but only just, or not at the first attempt. */
export function isMarginal(run) {
  return run.finished?.verdict === "PASS" && (run.finished.marginal?.length > 0 || attemptsOf(run) > 1);
}

/** What the run came to so far: a verdict's word, REFUSED, EXITED, or empty while it is played. */
export function outcomeOf(run) {
  if (run.finished) return run.finished.verdict;
  if (run.refused) return "REFUSED";
  if (run.exited) return "EXITED";
  return "";
}

const TAKERS = {
  run_started(run, entry) {
    run.id = entry.run_id;
    run.serial = entry.unit.serial;
    run.isProvisional = entry.is_provisional;
    run.purpose = entry.purpose;
    run.plan = entry.plan;
    for (const step of entry.steps) run.steps.set(step.name, { ...step, outcome: "WAITING", message: "", attempts: [] });
    for (const row of entry.measurements) run.measurements.set(row.name, { ...row, value: null, outcome: "" });
    for (const row of run.measurements.values()) if (row.comparator === "same_as") referTo(run, row);
  },
  step_waiting(run, entry) {
    const step = run.steps.get(entry.step);
    if (step) step.waiting = entry;
  },
  /** What was measured in an attempt that is over is not the step's any more. */
  step_retried(run, entry) {
    const step = run.steps.get(entry.step);
    if (!step) return;
    step.attempts.push({ startedAt: step.startedAt, finishedAt: Date.parse(entry.at), outcome: entry.outcome, message: entry.message });
    for (const row of run.measurements.values()) if (row.step === step.name) Object.assign(row, { value: null, outcome: "", isMarginal: false });
  },
  step_started(run, entry) {
    const step = run.steps.get(entry.step);
    if (step) Object.assign(step, { outcome: "RUNNING", startedAt: Date.parse(entry.at), deadline: entry.deadline_s });
    run.current = entry.step;
  },
  measured(run, entry) {
    const row = run.measurements.get(entry.name);
    if (row) Object.assign(row, { value: entry.value, outcome: entry.outcome, instrument: entry.instrument, isMarginal: entry.is_marginal === true });
  },
  trace(run, entry) {
    const key = `${entry.step}/${entry.name}`;
    const trace = run.traces.get(key) ?? { ...entry, x: [], y: [] };
    trace.x.push(...entry.x);
    trace.y.push(...entry.y);
    run.traces.set(key, trace);
  },
  prompted: ask,
  confirm_asked: ask,
  enter_asked: ask,
  choose_asked: ask,
  photo_asked: ask,
  answered(run, entry) {
    if (run.prompt?.prompt_id === entry.prompt_id) run.prompt = null;
  },
  step_finished(run, entry) {
    const step = run.steps.get(entry.step);
    if (step) Object.assign(step, { outcome: entry.outcome, message: entry.message, finishedAt: Date.parse(entry.at) });
    if (run.current === entry.step) run.current = "";
  },
  run_stopped(run, entry) {
    run.stopped = entry;
    run.prompt = null;
  },
  made_safe(run, entry) {
    run.safe = entry.actions;
    run.prompt = null;
  },
  run_finished(run, entry) {
    run.finished = entry;
    run.prompt = null;
    interrupt(run);
  },
  label(run, entry) {
    run.label = { ...entry, asked: Math.max(entry.number, run.label?.asked ?? 0) };
  },
  remedies(run, entry) {
    run.remedies = entry.remedies;
  },
  refused(run, entry) {
    run.refused = entry;
  },
  exited(run, entry) {
    run.exited = entry;
    run.prompt = null;
    interrupt(run);
  },
};

let asked = 0;

function ask(run, entry) {
  run.prompt = entry;
  run.askedNth = asked += 1;
}

/** Says what a same_as row is compared with: the scanned serial number itself, or the other row's name. */
function referTo(run, row) {
  if (row.expected[0] === "scanned_serial") Object.assign(row, { comparator: "equals", expected: [run.serial] });
  else row.refersTo = run.measurements.get(row.expected[0]);
}

/** Nothing goes on when a run has ended: the step that was being played came to no end of its own. */
function interrupt(run) {
  for (const step of run.steps.values()) if (step.outcome === "RUNNING") step.outcome = "INTERRUPTED";
}
