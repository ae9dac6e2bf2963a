// What is being saved. Each decision is kept in localStorage until the server has confirmed it, so
// that neither a lost connection nor a closed tab loses a coding; its id makes sending twice harmless.

const DELAYS = [1, 2, 4, 8, 16, 30]; // seconds between attempts

export class Outbox {
  constructor(tray) {
    this.tray = tray;
    this.list = tray.querySelector("ol");
    this.key = `facsweb-outbox-${tray.dataset.user}`;
    this.entries = JSON.parse(localStorage.getItem(this.key) ?? "[]");
    this.lastSaved = null;
    for (const entry of this.entries) {
      this.draw(entry);
      if (entry.state !== "refused") this.send(entry);
    }
    window.addEventListener("online", () => this.entries.filter((entry) => entry.state === "waiting").forEach((entry) => this.send(entry)));
    window.addEventListener("beforeunload", (event) => {
      if (this.entries.some((entry) => entry.state !== "refused")) event.preventDefault();
    });
  }

  /** Keep a decision and send it. Answers a promise of what the server said, or null if refused. */
  add(entry) {
    for (const older of this.entries.filter((other) => other.face === entry.face && other.state === "refused")) this.drop(older);
    Object.assign(entry, { id: newId(), state: "sending", tries: 0 });
    this.entries.push(entry);
    this.draw(entry);
    return this.send(entry);
  }

  /** The reading of a face that the server refused, to be put back into the editor. */
  refused(face) {
    return this.entries.find((entry) => entry.face === face && entry.state === "refused");
  }

  /** When nothing is on its way: what can wait should not slow a save down. */
  idle() {
    return Promise.allSettled(this.entries.filter((entry) => entry.state === "sending").map((entry) => entry.flight));
  }

  get pendingFaces() {
    return this.entries.map((entry) => entry.face);
  }

  async send(entry) {
    this.update(entry, "sending", `Saving ${entry.name} …`);
    const body = new URLSearchParams(entry.body);
    body.set("request_id", entry.id);
    let answer;
    try {
      entry.flight = post(entry.action, body);
      answer = await entry.flight;
    } catch {
      return this.later(entry, "The server doesn't answer");
    }
    const said = await answer.json().catch(() => null);
    if (answer.ok && said && !answer.redirected) return this.saved(entry, said);
    if (answer.status >= 500 || answer.status === 429) return this.later(entry, `The server answers ${answer.status}`);
    const reason = said?.detail ?? (answer.redirected ? "You are signed out. Sign in again: this coding is kept." : "The page is too old. Open the face again: your coding is kept.");
    this.update(entry, "refused", `Not saved: ${entry.name}. ${reason}`);
    return null;
  }

  saved(entry, said) {
    this.drop(entry);
    this.list.querySelector("[data-state=saved]")?.remove();
    this.lastSaved = { undo: said.undo, page: entry.page, name: entry.name };
    const item = this.draw({ ...entry, state: "saved", text: said.said });
    for (const text of said.warnings ?? []) item.append(text);
    if (said.undo) item.append(button("Undo", () => this.undo()));
    announce([said.said, ...(said.warnings ?? [])].join(" "));
    document.dispatchEvent(new CustomEvent("review-saved", { detail: said }));
    return said;
  }

  later(entry, reason) {
    const delay = DELAYS[Math.min(entry.tries, DELAYS.length - 1)];
    entry.tries += 1;
    this.update(entry, "waiting", `Not saved yet: ${entry.name}. ${reason}; trying again in ${delay} s.`);
    return new Promise((resolve) => {
      entry.timer = setTimeout(() => resolve(this.send(entry)), 1000 * delay);
    });
  }

  /** Take the last saved decision back and go to its face. */
  async undo() {
    const last = this.lastSaved;
    if (!last?.undo) return announce("Nothing to undo.");
    this.lastSaved = null;
    const answer = await post(last.undo, new URLSearchParams()).catch(() => null);
    const said = await answer?.json().catch(() => null);
    if (answer?.ok) location.assign(last.page);
    else announce(said?.detail ?? "Not undone: the server doesn't answer.");
  }

  update(entry, state, text) {
    clearTimeout(entry.timer);
    Object.assign(entry, { state, text });
    this.store();
    this.draw(entry);
    if (state !== "sending") announce(text);
  }

  drop(entry) {
    this.entries = this.entries.filter((other) => other !== entry);
    this.list.querySelector(`[data-id="${entry.id}"]`)?.remove();
    this.store();
  }

  store() {
    const kept = this.entries.map(({ timer, flight, ...entry }) => entry);
    localStorage.setItem(this.key, JSON.stringify(kept));
  }

  draw(entry) {
    const item = this.list.querySelector(`[data-id="${entry.id}"]`) ?? document.createElement("li");
    item.dataset.id = entry.id;
    item.dataset.state = entry.state;
    const text = document.createElement("span");
    text.textContent = entry.text ?? "";
    item.replaceChildren(text);
    if (entry.state === "waiting") item.append(button("Try now", () => this.send(entry)));
    if (entry.state === "refused") {
      const open = Object.assign(document.createElement("a"), { className: "button", href: entry.page, textContent: "Open" });
      item.append(open, button("Discard", () => this.drop(entry)));
    }
    this.list.append(item);
    return item;
  }
}

export function post(address, body) {
  const token = document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";
  return fetch(address, {
    method: "POST",
    body,
    headers: { Accept: "application/json", "X-CSRFToken": token },
    signal: AbortSignal.timeout(15000),
  });
}

export function announce(text) {
  document.getElementById("announce").textContent = text;
}

function button(text, act) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: text });
  made.addEventListener("click", act);
  return made;
}

/** A random UUID; `crypto.randomUUID` is missing where a page is served without TLS. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
