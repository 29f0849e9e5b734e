// Tells a scanner's text from a person's keys without timing: Enter after characters is a scan, Enter alone a person.

const SYMBOLS = {
  Minus: "-_", Equal: "=+", Slash: "/?", Period: ".>", Comma: ",<", Semicolon: ";:", Quote: "'\"", Backquote: "`~",
  BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|", NumpadSubtract: "--", NumpadAdd: "++", NumpadDecimal: "..",
  NumpadDivide: "//", NumpadMultiply: "**", Space: "  ",
};
const SHIFTED_DIGITS = ")!@#$%^&*(";
const ECHO_MS = 100; // a scanner that sends CR and LF: its second Enter is not a person's

/**
 * Listens to the whole page. `hooks`: changed(buffer), scanned(text, when its first character came), entered(event),
 * key(event) → true when used.
 * A field that takes text keeps its keys; everything else may hold the focus while a code is read.
 */
export function listen(hooks) {
  let buffer = "";
  let scannedAt = -Infinity;
  let beganAt = 0;
  let isSpaceTaken = false;
  const set = (value) => {
    buffer = value;
    hooks.changed(buffer);
  };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (hooks.key(event, buffer)) {
      event.preventDefault();
      return;
    }
    if (isEditable(event.target)) return;
    const code = event.code || event.key;
    if (code === "Enter" || code === "NumpadEnter" || (code === "Tab" && buffer)) {
      if (!buffer) {
        if (event.repeat || event.timeStamp - scannedAt < ECHO_MS) event.preventDefault();
        else hooks.entered(event);
        return;
      }
      event.preventDefault();
      event.stopPropagation();
      const scanned = buffer;
      scannedAt = event.timeStamp;
      set("");
      hooks.scanned(scanned.trim(), beganAt);
    } else if (code === "Backspace" && buffer) {
      event.preventDefault();
      set(buffer.slice(0, -1));
    } else if (code === "Escape" && buffer) {
      event.preventDefault();
      set("");
    } else {
      const character = characterOf(event);
      if (!character || (character === " " && !buffer)) return;
      isSpaceTaken = character === " ";
      event.preventDefault();
      if (!buffer) beganAt = event.timeStamp;
      set(buffer + character);
    }
  }, true);

  // A button is pressed when the space bar comes up: not when that space was part of a code.
  document.addEventListener("keyup", (event) => {
    if (event.code !== "Space" || !isSpaceTaken) return;
    isSpaceTaken = false;
    event.preventDefault();
  }, true);

  document.addEventListener("paste", (event) => {
    if (isEditable(event.target)) return;
    if (!buffer) beganAt = event.timeStamp;
    set(buffer + (event.clipboardData?.getData("text") ?? "").trim());
  });
}

/** The character of a key; from the key's place where an input method hides what it means. */
export function characterOf(event) {
  if (event.key.length === 1) return event.key;
  if (event.key !== "Process" && event.key !== "Unidentified") return "";
  const letter = /^Key([A-Z])$/.exec(event.code);
  if (letter) return event.shiftKey ? letter[1] : letter[1].toLowerCase();
  const digit = /^(Digit|Numpad)([0-9])$/.exec(event.code);
  if (digit) return event.shiftKey && digit[1] === "Digit" ? SHIFTED_DIGITS[Number(digit[2])] : digit[2];
  return SYMBOLS[event.code]?.[event.shiftKey ? 1 : 0] ?? "";
}

function isEditable(target) {
  return target instanceof HTMLInputElement && ["text", "password"].includes(target.type);
}
