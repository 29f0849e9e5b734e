// Receiving by scanner alone: each Enter takes one field's worth, and the list stands in for the text area.

const form = document.querySelector("form[data-receive]");
if (form) receive(form);

function receive(form) {
  const words = form.dataset;
  const typed = form.querySelector("#serials");
  const scan = form.querySelector("#scan");
  const list = form.querySelector(".scanned-units");
  const said = form.querySelector(".said");
  const submit = form.querySelector("#submit");
  const number = form.querySelector("#number");
  const courier = form.querySelector("#courier");
  let serials = typed.value.split("\n").map(canonical).filter(Boolean);

  form.querySelector(".typed").hidden = true;
  for (const part of [form.querySelector(".scanned"), list]) part.hidden = false;
  remember(courier);
  remember(form.querySelector("#source"));
  remember(form.querySelector("#reason"));
  draw();

  onEnter(form, (field) => (field === scan ? take() : advance(field)));
  submit.addEventListener("keydown", (event) => {
    if (event.key.length === 1 && event.key !== " ") scan.focus(); // a scan is no press: its first character goes there
  });
  form.addEventListener("submit", () => {
    const rest = canonical(scan.value);
    if (rest && rest !== canonical(number.value) && !serials.includes(rest)) typed.value = [...serials, rest].join("\n");
    keep(courier, form.querySelector("#source"), form.querySelector("#reason"));
  });
  list.addEventListener("click", (event) => {
    const serial = event.target.closest("button")?.value;
    if (serial) remove(serial);
  });

  function take() {
    const serial = canonical(scan.value);
    scan.value = "";
    if (!serial) return serials.length ? submit.focus() : say(words.none, "warn");
    if (serial === canonical(number.value)) return finish();
    if (/[\u0000-\u001f\u007f]/.test(serial)) return say(`${serial} ${words.unreadable}`, "problem");
    if (serials.includes(serial)) return say(`${serial} ${words.already}`, "warn");
    serials.push(serial);
    draw();
    say(`${serial} ${words.added}`, "done");
  }

  function finish() {
    if (!serials.length) return say(words.none, "warn");
    form.requestSubmit(submit);
  }

  function remove(serial) {
    serials = serials.filter((other) => other !== serial);
    draw();
    say(`${serial} ${words.removed}`, "warn");
    scan.focus();
  }

  function advance(field) {
    if (!field.reportValidity()) return;
    const fields = [...form.querySelectorAll(".field:not([hidden]) input")];
    const next = fields.slice(fields.indexOf(field) + 1).find((other) => !other.value || other === scan);
    (next ?? scan).focus();
  }

  function draw() {
    typed.value = serials.join("\n");
    submit.disabled = serials.length === 0;
    submit.textContent = words.submit.replace("{count}", serials.length);
    list.replaceChildren(...serials.map((serial, index) => item(serial, index + 1)).reverse());
  }

  function item(serial, place) {
    const row = document.createElement("li");
    const order = Object.assign(document.createElement("span"), { className: "soft", textContent: place });
    const code = Object.assign(document.createElement("code"), { textContent: serial });
    const button = Object.assign(document.createElement("button"), {
      type: "button", className: "button quiet", value: serial, textContent: words.remove,
    });
    button.setAttribute("aria-label", `${words.remove} ${serial}`);
    row.append(order, code, button);
    return row;
  }

  function say(text, kind) {
    said.className = `said notice ${kind}`;
    said.textContent = text;
    said.hidden = false;
    scan.focus();
  }
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

function keep(...fields) {
  for (const field of fields) localStorage.setItem(`fanji.receive.${field.id}`, field.value);
}
