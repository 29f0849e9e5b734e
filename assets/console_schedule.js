// The schedule of a run as numbers: from when to when each step was played, and the path that made it as long as it was.

/**
 * Steps that were played, in the order they began; null where none was. `now` ends those under way.
 *
 * The critical path ends with the step that ended last; before each of its steps comes the step whose end was the last
 * before that one began. A station begins whatever it may begin when a step ends (what the plan puts after it, what
 * needed its instruments), so that end is what let the next one begin. What passes between the two is waiting. A step
 * that was played again counts from its first attempt to its last end. Times are milliseconds.
 */
export function scheduleOf(steps, now) {
  const lanes = steps.filter((step) => step.startedAt !== undefined && step.outcome !== "SKIPPED").map((step) => laneOf(step, now));
  if (!lanes.length) return null;
  lanes.sort((one, other) => one.start - other.start);
  const start = lanes[0].start;
  const end = Math.max(...lanes.map((lane) => lane.end));
  const path = criticalPath(lanes);
  for (const lane of lanes) if (lane.step.waiting) lane.waited ||= lane.start - Math.max(start, ...lanes.map((other) => (other.end <= lane.start ? other.end : 0)));
  const serial = sum(lanes.flatMap((lane) => lane.bars.map((bar) => bar.end - bar.start)));
  const takt = end - start;
  return { lanes, start, end, takt, serial, saved: Math.max(0, serial - takt), path, waited: sum(path.map((lane) => lane.waited)) };
}

function laneOf(step, now) {
  const bars = step.attempts.map((attempt) => ({ start: attempt.startedAt, end: attempt.finishedAt, outcome: attempt.outcome, isEarlier: true }));
  bars.push({ start: step.startedAt, end: Math.max(step.startedAt, step.finishedAt ?? now), outcome: step.outcome, isEarlier: false });
  return { step, bars, start: bars[0].start, end: bars.at(-1).end, waited: 0, isCritical: false };
}

function criticalPath(lanes) {
  const isLater = (one, other) => one.end - other.end || one.end - one.start - (other.end - other.start);
  const last = (some) => some.reduce((best, lane) => (best && isLater(best, lane) >= 0 ? best : lane), null);
  const path = [];
  let lane = last(lanes);
  while (lane) {
    lane.isCritical = true;
    path.unshift(lane);
    const before = last(lanes.filter((other) => !other.isCritical && other.end <= lane.start));
    if (before) lane.waited = lane.start - before.end;
    lane = before;
  }
  return path;
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
