// What is being saved. Each decision is kept in localStorage until the server has confirmed it, so
// that neither a lost connection nor a closed tab loses a coding; its id makes sending twice harmless.

import { one } from "./dom.js";

const DELAYS = [1, 2, 4, 8, 16, 30]; // seconds between attempts

/**
 * @typedef {object} Decision What was decided of a face, and where it is to be sent.
 * @property {string} action
 * @property {string} body
 * @property {string} face
 * @property {string} name of the face
 * @property {string} page
 */
/** @typedef {"sending" | "waiting" | "refused" | "saved"} State */
/**
 * @typedef {Decision & {
 *   id: string, tries: number, state: State, text?: string, timer?: number, flight?: Promise<Response>,
 * }} Entry
 */
/** @typedef {{ text: string, total: number, done: number }} Progress */
/** @typedef {{ said: string, undo?: string, warnings?: string[], progress?: Progress }} Saved What the server says. */

export class Outbox {
  /** @param {HTMLElement} tray */
  constructor(tray) {
    this.tray = tray;
    /** @type {HTMLElement} */
    this.list = one(tray, "ol", HTMLElement);
    this.key = `facsweb-outbox-${tray.dataset.user}`;
    /** @type {Entry[]} */
    this.entries = JSON.parse(localStorage.getItem(this.key) ?? "[]");
    /** @type {{ undo?: string, page: string, name: string } | null} */
    this.lastSaved = null;
    for (const entry of this.entries) {
      this.draw(entry);
      if (entry.state !== "refused") this.send(entry);
    }
    window.addEventListener("online", () => {
      for (const entry of this.entries.filter((entry) => entry.state === "waiting")) this.send(entry);
    });
    window.addEventListener("beforeunload", (event) => {
      if (this.entries.some((entry) => entry.state !== "refused")) event.preventDefault();
    });
  }

  /**
   * Keep a decision and send it. Answers a promise of what the server said, or null if refused.
   * @param {Decision} decision
   * @returns {Promise<Saved | null>}
   */
  add(decision) {
    const refused = this.entries.filter((other) => other.face === decision.face && other.state === "refused");
    for (const older of refused) this.drop(older);
    /** @type {Entry} */
    const entry = Object.assign(decision, { id: newId(), state: /** @type {State} */ ("sending"), tries: 0 });
    this.entries.push(entry);
    this.draw(entry);
    return this.send(entry);
  }

  /**
   * The reading of a face that the server refused, to be put back into the editor.
   * @param {string} face
   */
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

  /**
   * @param {Entry} entry
   * @returns {Promise<Saved | null>}
   */
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
    const why = answer.redirected
      ? "You are signed out. Sign in again: this coding is kept."
      : "The page is too old. Open the face again: your coding is kept.";
    this.update(entry, "refused", `Not saved: ${entry.name}. ${said?.detail ?? why}`);
    return null;
  }

  /**
   * @param {Entry} entry
   * @param {Saved} said
   */
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

  /**
   * @param {Entry} entry
   * @param {string} reason
   * @returns {Promise<Saved | null>}
   */
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

  /**
   * @param {Entry} entry
   * @param {State} state
   * @param {string} text
   */
  update(entry, state, text) {
    clearTimeout(entry.timer);
    Object.assign(entry, { state, text });
    this.store();
    this.draw(entry);
    if (state !== "sending") announce(text);
  }

  /** @param {Entry} entry */
  drop(entry) {
    this.entries = this.entries.filter((other) => other !== entry);
    this.list.querySelector(`[data-id="${entry.id}"]`)?.remove();
    this.store();
  }

  store() {
    // What only this page knows is not kept.
    const kept = this.entries.map((entry) => ({ ...entry, timer: undefined, flight: undefined }));
    localStorage.setItem(this.key, JSON.stringify(kept));
  }

  /** @param {Entry} entry */
  draw(entry) {
    /** @type {HTMLElement | null} */
    const drawn = this.list.querySelector(`[data-id="${entry.id}"]`);
    /** @type {HTMLElement} */
    const item = drawn ?? document.createElement("li");
    item.dataset.id = entry.id;
    item.dataset.state = entry.state;
    const text = document.createElement("span");
    text.textContent = entry.text ?? "";
    item.replaceChildren(text);
    if (entry.state === "waiting") item.append(button("Try now", () => this.send(entry)));
    if (entry.state === "refused") {
      const link = { className: "button", href: entry.page, textContent: "Open" };
      const open = Object.assign(document.createElement("a"), link);
      item.append(
        open,
        button("Discard", () => this.drop(entry)),
      );
    }
    this.list.append(item);
    return item;
  }
}

/**
 * Send a form's contents as a page of ours does.
 * @param {string} address
 * @param {URLSearchParams} body
 */
export function post(address, body) {
  /** @type {HTMLInputElement | null} */
  const field = document.querySelector("input[name=csrfmiddlewaretoken]");
  const token = field?.value ?? "";
  return fetch(address, {
    method: "POST",
    body,
    headers: { Accept: "application/json", "X-CSRFToken": token },
    signal: AbortSignal.timeout(15000),
  });
}

/**
 * Tell those who don't see the page.
 * @param {string} text
 */
export function announce(text) {
  one(document, "#announce", HTMLElement).textContent = text;
}

/**
 * @param {string} text
 * @param {() => void} act
 */
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
