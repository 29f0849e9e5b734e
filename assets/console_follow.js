// Follows the console: a whole state first, then each change; the whole state again after every gap.

/**
 * Calls hooks.state, hooks.station, hooks.run, hooks.entry with what the console says, hooks.heard(true|false) when it does or
 * does not answer. A hidden tab lets its stream go, because a browser has only six for one console.
 */
export function follow(hooks) {
  let source = null;
  let retry = 0;

  function open() {
    clearTimeout(retry);
    source?.close();
    source = new EventSource("/events");
    source.addEventListener("state", (event) => {
      hooks.heard(true);
      hooks.state(JSON.parse(event.data));
    });
    source.addEventListener("station", (event) => hooks.station(JSON.parse(event.data)));
    source.addEventListener("run", (event) => hooks.run(JSON.parse(event.data)));
    source.addEventListener("entry", (event) => hooks.entry(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      hooks.heard(false);
      source.close();
      clearTimeout(retry);
      retry = setTimeout(open, 1000);
    });
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      clearTimeout(retry);
      source?.close();
    } else {
      open();
    }
  });
  window.addEventListener("pagehide", () => source?.close());
  if (!document.hidden) open();
}

let last = Promise.resolve();

/** Sends one command after those before it; resolves with {problem, …}, problem empty where it was done. */
export function send(name, body = {}) {
  last = last.then(() => post(name, body));
  return last;
}

/** Sends a command that waits for no other. */
export function sendNow(name, body = {}) {
  return post(name, body);
}

async function post(name, body) {
  try {
    const answer = await fetch(`/commands/${name}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
    if (answer.status === 204) return { problem: "" };
    const refusal = await answer.json();
    return "problem" in refusal ? refusal : { problem: "unreachable" };
  } catch {
    return { problem: "unreachable" };
  }
}
