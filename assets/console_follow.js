// Follows the console: a whole state first, then each change; the whole state again after every gap.

/**
 * Calls hooks.state and every other hook by its name with what the console says at `path`, hooks.heard(true|false) when it does
 * or does not answer. A hidden tab lets its stream go, because a browser has only six for one console.
 */
export function follow(hooks, path = "/events") {
  let source = null;
  let retry = 0;

  function open() {
    clearTimeout(retry);
    source?.close();
    source = new EventSource(path);
    source.addEventListener("state", (event) => {
      hooks.heard(true);
      hooks.state(JSON.parse(event.data));
    });
    for (const name of Object.keys(hooks).filter((name) => !["heard", "state"].includes(name))) {
      source.addEventListener(name, (event) => hooks[name](JSON.parse(event.data)));
    }
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
export function sendNow(name, body = {}, path = "/commands") {
  return post(name, body, path);
}

async function post(name, body, path = "/commands") {
  try {
    const answer = await fetch(`${path}/${name}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
    if (answer.status === 204) return { problem: "" };
    const refusal = await answer.json();
    return "problem" in refusal ? refusal : { problem: "unreachable" };
  } catch {
    return { problem: "unreachable" };
  }
}
