// Words of the page's language, and values as an operator reads them.

const PREFIXES = [[1e6, "M"], [1e3, "k"], [1, ""], [1e-3, "m"], [1e-6, "µ"]];
const SCALED = new Set(["V", "A", "Hz", "W", "Ω", "ohm"]);

export const words = JSON.parse(document.getElementById("words").textContent);
export const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";

/** The text under `key`: its {} filled in order, {0} and {1} by number. */
export function text(key, ...parts) {
  let next = 0;
  return (words[key] ?? key).replace(/\{(\d?)\}/g, (_, place) => String(parts[place === "" ? next++ : Number(place)] ?? ""));
}

/** A thing that the plan names in both languages. */
export function named(thing) {
  return thing ? thing[language] || thing.en || thing.name : "";
}

export function clockTime(iso) {
  return new Date(iso).toLocaleTimeString(language === "zh" ? "zh-CN" : "en-GB", { hour: "2-digit", minute: "2-digit" });
}

/** How numbers of one measurement are written: the same prefix and decimals for value, limits and difference. */
export function scaleOf(row) {
  const bounds = [row.low, row.high].filter((bound) => typeof bound === "number" && bound !== 0).map(Math.abs);
  const size = bounds.length ? Math.max(...bounds) : Math.abs(typeof row.value === "number" ? row.value : 1) || 1;
  const [factor, prefix] = SCALED.has(row.unit) ? PREFIXES.find(([step]) => size >= step) ?? PREFIXES.at(-1) : [1, ""];
  const decimals = Math.min(4, Math.max(0, 3 - Math.floor(Math.log10(size / factor))));
  return { factor, decimals, unit: row.unit === "1" ? "" : prefix + (row.unit === "ohm" ? "Ω" : row.unit) };
}

export function valueText(row) {
  if (row.value === null || row.value === undefined) return row.outcome ? text("no_value") : "";
  if (typeof row.value === "boolean") return text(row.value ? "true" : "false");
  if (typeof row.value !== "number") return isPhoto(row) ? photoText(row.value) : row.value;
  const scale = scaleOf(row);
  let shown = fixed(row.value, scale, scale.decimals);
  for (let more = 1; row.outcome === "FAIL" && more < 6 && touches(row, shown, scale); more += 1) {
    shown = fixed(row.value, scale, scale.decimals + more);
  }
  return withUnit(shown, scale.unit);
}

/** Whether what is measured is the digest and the size of a photo. */
function isPhoto(row) {
  return row.comparator === "matches" && row.expected?.[0] === "[0-9a-f]{64}/[0-9]+";
}

function photoText(value) {
  const [digest, bytes] = value.split("/");
  return `${digest.slice(0, 8)} · ${Math.ceil(bytes / 1000)} kB`;
}

export function limitText(row) {
  const scale = scaleOf(row);
  const number = (value) => trimmed(value, scale);
  switch (row.comparator) {
    case "between": return withUnit(text("limit.between", number(row.low), number(row.high)), scale.unit);
    case "at_least": return withUnit(text("limit.at_least", number(row.low)), scale.unit);
    case "at_most": return withUnit(text("limit.at_most", number(row.high)), scale.unit);
    case "is_true": return text("limit.is_true");
    case "matches": return isPhoto(row) ? text("limit.photo") : text("limit.matches", row.expected[0]);
    case "same_as": return text("limit.same_as", row.refersTo ? named(row.refersTo) : row.expected[0]);
    default: return text(`limit.${row.comparator}`, (row.expected ?? []).join(" / "));
  }
}

/** By how much a value misses its limit, or what it should have been. */
export function missText(row) {
  if (typeof row.value !== "number") return text("instead", limitText(row));
  const scale = scaleOf(row);
  const miss = (key, bound, distance) =>
    text(key, withUnit(difference(distance, scale), scale.unit), withUnit(trimmed(bound, scale), scale.unit)) + shareText(row, bound, distance);
  if (typeof row.high === "number" && row.value > row.high) return miss("above", row.high, row.value - row.high);
  if (typeof row.low === "number" && row.value < row.low) return miss("below", row.low, row.low - row.value);
  return text("instead", limitText(row));
}

/** The miss in percent of the band between the limits, or of the one limit there is. */
function shareText(row, bound, distance) {
  const isBand = typeof row.low === "number" && typeof row.high === "number";
  const whole = isBand ? row.high - row.low : Math.abs(bound);
  if (!whole) return "";
  const percent = (distance / whole) * 100;
  return text(isBand ? "share.band" : "share.limit", percent < 10 ? percent.toPrecision(2) : percent.toFixed(0));
}

/** That a step is to begin once another slot gives back an instrument. */
export function waitingText(waiting) {
  return waiting.holder ? text("gantt.waits.held", waiting.resource, waiting.holder) : text("gantt.waits", waiting.resource);
}

function fixed(value, scale, decimals) {
  return (value / scale.factor).toFixed(Math.min(decimals, 9)).replace("-", "−");
}

function trimmed(value, scale) {
  return String(Number((value / scale.factor).toPrecision(9))).replace("-", "−");
}

function difference(distance, scale) {
  const needed = Math.max(scale.decimals, 1 - Math.floor(Math.log10(Math.abs(distance / scale.factor) || 1)));
  return String(Number(fixed(distance, scale, needed)));
}

function touches(row, shown, scale) {
  return [row.low, row.high].some((bound) => typeof bound === "number" && Number(shown.replace("−", "-")) === bound / scale.factor);
}

function withUnit(number, unit) {
  return unit ? `${number}\u2009${unit}` : number;
}
