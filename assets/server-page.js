// What every page of the server does beyond its links and forms: a key to find a unit, scans that press nothing, tidy
// addresses, and on a narrow page the link to where one is in sight.

const finder = document.getElementById("finder");

for (const door of document.querySelectorAll("nav [aria-current]")) door.scrollIntoView({ block: "nearest", inline: "center" });

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest?.("input, textarea, select");
  if (event.code !== "Slash" || isTyping || event.ctrlKey || event.metaKey || event.altKey || !finder) return;
  event.preventDefault();
  finder.select();
});

// A scan is no press: while a button waits for Enter, the first character of a serial number goes to the finder.
document.addEventListener("keydown", (event) => {
  if (!finder || !event.target.closest?.(".moves button") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(Key[A-Z]|Digit\d|Numpad\d)$/.test(event.code)) finder.focus();
});

document.addEventListener("htmx:config:request", (event) => {
  const { request } = event.detail.ctx;
  if (request.method !== "GET" || !(request.body instanceof FormData)) return;
  for (const [name, value] of [...request.body]) if (value === "") request.body.delete(name);
});

// What was chosen while an answer was on its way stays chosen where the answer still offers it.
const chosen = new Map();
document.addEventListener("change", ({ target }) => { if (target.matches?.("select[id]")) chosen.set(target.id, target.value); });
document.addEventListener("htmx:after:swap", () => {
  for (const [id, value] of chosen) {
    const select = document.getElementById(id);
    if (select && select.value === "" && [...select.options].some((option) => option.value === value)) select.value = value;
  }
});
