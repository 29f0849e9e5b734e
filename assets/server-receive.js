// Receiving by scanner alone: each Enter takes one field's worth, and the list stands in for the text area.

const form = document.querySelector("form[data-receive]");
if (form) receive(form);

const received = document.querySelector("[data-received]");
if (received) forget(received.dataset.received);

function receive(form) {
  const words = form.dataset;
  const field = (name) => form.querySelector(`#${name}`);
  const [typed, scan, submit, number, courier, source, reason] = ["serials", "scan", "submit", "number", "courier", "source", "reason"].map(field);
  const list = form.querySelector(".scanned-units");
  const said = form.querySelector(".said");
  const codes = new Map([...form.querySelectorAll("option[data-code]")].map((option) => [option.dataset.code, option.value]));
  let units = read(typed.value);

  for (const part of form.querySelectorAll(".typed, .checked-units")) part.hidden = true;
  for (const part of [form.querySelector(".scanned"), list]) part.hidden = false;
  const isBack = restore();
  for (const part of [courier, source, reason]) remember(part);
  units.forEach(show);
  update();
  if (isBack) afterAutofocus(() => say(words.restored, "warn"));

  onEnter(form, (at) => (at === scan ? take() : at.matches(".unit-reason") ? scan.focus() : advance(at)));
  submit.addEventListener("keydown", (event) => {
    if (event.key.length === 1 && event.key !== " ") scan.focus(); // a scan is no press: its first character goes there
  });
  form.addEventListener("submit", () => {
    const rest = canonical(scan.value);
    if (rest && rest !== canonical(number.value) && !codes.has(rest) && !known(rest)) typed.value += `\n${rest}`;
    for (const part of [courier, source, reason]) localStorage.setItem(`fanji.receive.${part.id}`, part.value);
  });
  form.addEventListener("input", (event) => {
    const own = event.target.closest(".unit-reason");
    if (own) known(own.dataset.serial).reason = own.value;
    update();
  });
  list.addEventListener("click", (event) => {
    const serial = event.target.closest("button")?.value;
    if (serial) remove(serial);
  });

  function take() {
    const text = canonical(scan.value);
    scan.value = "";
    if (!text) return units.length ? submit.focus() : say(words.none, "warn");
    if (text === canonical(number.value)) return finish();
    if (/[\u0000-\u001f\u007f]/.test(text)) return say(`${text} ${words.unreadable}`, "problem");
    if (codes.has(text) && units.length) return explain(units.at(-1), codes.get(text));
    if (known(text)) return say(`${text} ${words.already}`, "warn");
    units.push({ serial: text, reason: "" });
    show(units.at(-1));
    update();
    say(`${text} ${words.added}`, "done");
  }

  function explain(unit, words_of_code) {
    unit.reason = words_of_code;
    list.querySelector(`.unit-reason[data-serial="${CSS.escape(unit.serial)}"]`).value = words_of_code;
    update();
    say(`${words_of_code} ${words.given} ${unit.serial}`, "done");
  }

  function finish() {
    if (!units.length) return say(words.none, "warn");
    form.requestSubmit(submit);
  }

  function remove(serial) {
    units = units.filter((unit) => unit.serial !== serial);
    list.querySelector(`li[data-serial="${CSS.escape(serial)}"]`).remove();
    update();
    say(`${serial} ${words.removed}`, "warn");
    scan.focus();
  }

  function advance(at) {
    if (!at.reportValidity()) return;
    const fields = [...form.querySelectorAll(".field:not([hidden]) input")];
    const next = fields.slice(fields.indexOf(at) + 1).find((other) => !other.value || other === scan);
    (next ?? scan).focus();
  }

  function known(serial) {
    return units.find((unit) => unit.serial === serial);
  }

  function update() {
    typed.value = units.map((unit) => (unit.reason ? `${unit.serial}\t${unit.reason}` : unit.serial)).join("\n");
    submit.disabled = units.length === 0;
    submit.textContent = words.submit.replace("{count}", units.length);
    for (const [index, order] of [...list.querySelectorAll(".order")].entries()) order.textContent = units.length - index;
    const arrival = form.elements.arrival.value;
    const state = { arrival, number: number.value, courier: courier.value, source: source.value, reason: reason.value, units };
    if (units.length || number.value) localStorage.setItem(key(), JSON.stringify(state));
    else localStorage.removeItem(key());
  }

  function show(unit) {
    const row = document.createElement("li");
    row.dataset.serial = unit.serial;
    const order = Object.assign(document.createElement("span"), { className: "soft order" });
    const code = Object.assign(document.createElement("code"), { textContent: unit.serial });
    const told = Object.assign(document.createElement("span"), { className: "told" });
    const own = Object.assign(document.createElement("input"), { className: "unit-reason", value: unit.reason, maxLength: 500, autocomplete: "off" });
    own.dataset.serial = unit.serial;
    own.setAttribute("list", "reasons");
    own.setAttribute("aria-label", `${words.reason} ${unit.serial}`);
    own.placeholder = words.reason;
    const button = Object.assign(document.createElement("button"), {
      type: "button", className: "button quiet", value: unit.serial, textContent: words.remove,
    });
    button.setAttribute("aria-label", `${words.remove} ${unit.serial}`);
    const right = Object.assign(document.createElement("span"), { className: "own" });
    right.append(own, button);
    row.append(order, code, told, right);
    list.prepend(row);
    tell(unit.serial, row, told);
  }

  // What the server knows of the unit; without an answer the row stays as it is, and receiving says the rest.
  async function tell(serial, row, told) {
    const answer = await fetch(`${words.look}?${new URLSearchParams({ serial })}`).catch(() => null);
    if (!answer?.ok) return;
    told.innerHTML = await answer.text();
    if (told.querySelector("[data-warns]")) row.classList.add("warns");
  }

  function say(text, kind) {
    said.className = `said notice ${kind}`;
    said.textContent = text;
    said.hidden = false;
    scan.focus();
  }

  // A list that was begun here and not received: a reload, a crash or a closed window loses nothing.
  function restore() {
    const kept = JSON.parse(localStorage.getItem(key()) ?? "null");
    if (!words.fresh || !kept?.units?.length || (number.value && canonical(number.value) !== canonical(kept.number))) return false;
    form.elements.arrival.value = kept.arrival;
    for (const part of [number, courier, source, reason]) part.value = kept[part.id] || part.value;
    units = kept.units;
    return true;
  }

  function key() {
    return `fanji.receive.list.${words.receive}`;
  }
}

// The browser gives the focus to the first field when it first draws; what takes it sooner is complained of in the console.
function afterAutofocus(act) {
  requestAnimationFrame(() => requestAnimationFrame(act));
}

function forget(arrival) {
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith("fanji.receive.list.")) continue;
    if (JSON.parse(localStorage.getItem(key)).arrival === arrival) localStorage.removeItem(key);
  }
}

function read(text) {
  const lines = text.split("\n").map((line) => line.split(/[\t;；](.*)/s)).filter(([serial]) => serial.trim());
  return lines.map(([serial, reason]) => ({ serial: canonical(serial), reason: (reason ?? "").trim() }));
}

// Chinese input methods take the key away ("Process") and compose; the physical key and the end of composing still tell.
function onEnter(form, act) {
  let isWaiting = false;
  form.addEventListener("keydown", (event) => {
    if (event.target.tagName !== "INPUT" || !["Enter", "NumpadEnter"].includes(event.code || event.key)) return;
    if (event.isComposing) {
      isWaiting = true;
      return;
    }
    event.preventDefault();
    act(event.target);
  });
  form.addEventListener("compositionend", (event) => {
    if (!isWaiting) return;
    isWaiting = false;
    act(event.target);
  });
}

function canonical(text) {
  return text.normalize("NFKC").trim().toUpperCase();
}

function remember(field) {
  if (!field.value) field.value = localStorage.getItem(`fanji.receive.${field.id}`) ?? "";
}
