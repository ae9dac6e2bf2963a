// What the coder holds in hand: emotion, action units, intensities. Knows nothing of the network.

import { all, input, one } from "./dom.js";

const PAUSE = 600; // ms to wait for another digit of an action unit's number
/** @type {Record<string, string>} */
const NEXT = { "": "present", present: "absent", absent: "" }; // what typing a unit's number makes of it

/** @typedef {[string, string][]} Reading Name and value of each control that says something. */
/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */

export class Editor {
  /**
   * @param {HTMLFormElement} form
   * @param {(text: string) => void} say tells those who don't see the page
   */
  constructor(form, say) {
    this.form = form;
    this.say = say;
    this.typed = "";
    this.timer = 0;
    /** @type {string | null} */
    this.focused = null; // the action unit that a letter A to E is about
    this.boxes = byValue(all(form, "input[name=au]", HTMLInputElement));
    this.absents = byValue(all(form, "input[name=absent]", HTMLInputElement));
    this.noUnit = input(form, "no_unit");
    this.rest = input(form, "rest_absent");
    /** @type {Reading[]} */
    this.past = [];
    form.classList.add("scripted");
    this.now = this.state();
    form.addEventListener("change", (event) => this.changed(/** @type {Control} */ (event.target)));
    this.pressed = false;
    /** @type {string | null} */
    this.pending = null;
    form.addEventListener("pointerdown", () => this.press());
    form.addEventListener("focusin", (event) => {
      const number = rowOf(/** @type {Element} */ (event.target))?.dataset.au ?? null;
      if (this.pressed) this.pending = number;
      else if (number) this.focus(number);
    });
    this.show();
  }

  /** A row that gets the focus may grow: not before the click, which would miss what it is on. */
  press() {
    [this.pressed, this.pending] = [true, null];
    for (const end of ["pointerup", "pointercancel"]) {
      window.addEventListener(end, () => setTimeout(() => this.release()), { once: true });
    }
  }

  release() {
    if (!this.pressed) return;
    this.pressed = false;
    if (this.pending) this.focus(this.pending);
  }

  /**
   * Name and value of all that makes up the reading.
   * @returns {Reading}
   */
  state() {
    const names = /^(emotion|au|absent|no_unit|intensity-\d+|comment)$/;
    const said = /** @type {Reading} */ ([...new FormData(this.form)]);
    return said.filter(([name]) => names.test(name));
  }

  /** @param {Reading} state */
  restore(state) {
    /** @type {Map<string, string[]>} */
    const values = new Map();
    for (const [name, value] of state) values.set(name, [...(values.get(name) ?? []), value]);
    for (const [number, box] of this.boxes) {
      box.checked = (values.get("au") ?? []).includes(number);
      this.absent(number).checked = (values.get("absent") ?? []).includes(number);
      this.intensity(number).value = values.get(`intensity-${number}`)?.[0] ?? "";
    }
    const emotion = values.get("emotion")?.[0]; // undefined where it is not decided
    for (const radio of all(this.form, "input[name=emotion]", HTMLInputElement))
      radio.checked = radio.value === emotion;
    if (this.noUnit) this.noUnit.checked = values.has("no_unit");
    one(this.form, "[name=comment]", HTMLTextAreaElement).value = values.get("comment")?.[0] ?? "";
    this.now = this.state();
    this.show();
  }

  /** @param {string} number of an action unit that the editor has */
  box(number) {
    return /** @type {HTMLInputElement} */ (this.boxes.get(number));
  }

  /** @param {string} number */
  absent(number) {
    return /** @type {HTMLInputElement} */ (this.absents.get(number));
  }

  /** @param {string} number */
  intensity(number) {
    return /** @type {HTMLSelectElement} */ (this.form.elements.namedItem(`intensity-${number}`));
  }

  /**
   * "present", "absent" or "": nobody has marked it.
   * @param {string} number
   */
  mark(number) {
    if (this.box(number).checked) return "present";
    return this.absent(number).checked ? "absent" : "";
  }

  /**
   * @param {string} number
   * @param {string} mark
   */
  set(number, mark) {
    this.box(number).checked = mark === "present";
    this.absent(number).checked = mark === "absent";
    if (mark !== "present") this.intensity(number).value = "";
  }

  /** Forget the last change. False when there is none. */
  undo() {
    const before = this.past.pop();
    if (!before) return false;
    this.restore(before);
    this.say(`Change undone. ${this.summary()}`);
    return true;
  }

  /** @param {Control} [element] that was changed, if it was one alone */
  changed(element) {
    const unit = rowOf(element)?.dataset.au;
    if (element && unit) this.unitChanged(unit, element);
    if (element && element === this.noUnit) {
      for (const number of this.boxes.keys()) this.set(number, element.checked ? "absent" : "");
    }
    if (this.noUnit?.checked)
      this.noUnit.checked = [...this.boxes.keys()].every((number) => this.mark(number) === "absent");
    const state = this.state();
    if (JSON.stringify(state) !== JSON.stringify(this.now)) this.past.push(this.now);
    this.now = state;
    this.show();
  }

  /**
   * Present and absent exclude each other, and only what is present has an intensity.
   * @param {string} number
   * @param {Control} element
   */
  unitChanged(number, element) {
    if (!(element instanceof HTMLInputElement)) {
      if (element.value) this.set(number, "present");
    } else if (element.checked) this.set(number, element.name === "au" ? "present" : "absent");
    else if (element.name === "au") this.intensity(number).value = "";
  }

  /** @param {string} number as it was typed */
  toggle(number) {
    const box = this.boxes.get(number);
    if (!box) return this.say(`The model knows no AU${number}.`);
    this.set(number, this.next(number));
    this.focus(number);
    this.changed();
    box.scrollIntoView({ block: "nearest" });
    this.say(`AU${number} ${this.stateOf(number)}.${this.warnings()}`);
  }

  /**
   * What was absent to begin with becomes present at once: to a reviewer that is the correction.
   * @param {string} number
   */
  next(number) {
    const mark = this.mark(number);
    return mark === "absent" && this.preset(number) === "absent" ? "present" : NEXT[mark];
  }

  /**
   * Give the unit in hand an intensity; the same again takes it away.
   * @param {string} letter
   */
  grade(letter) {
    this.release(); // a press whose end was late, or a list took it: the letter is about the row in focus
    if (!this.focused) return this.say("Type an action unit first, then its intensity.");
    const select = this.intensity(this.focused);
    select.value = select.value === letter ? "" : letter;
    this.changed(select);
    this.say(
      `AU${this.focused} ${select.value ? `present, intensity ${letter}` : "without intensity"}.${this.warnings()}`,
    );
  }

  /** @param {string} emotion */
  choose(emotion) {
    const radio = one(document, `#emotion-${emotion}`, HTMLInputElement);
    radio.checked = true;
    this.changed(radio);
    this.say(`Emotion ${emotion}.`);
  }

  /** Say on purpose that no action unit is there; once more takes it back. */
  sayNoUnit() {
    if (!this.noUnit) return this.say("Type the number of an action unit.");
    this.noUnit.checked = !this.noUnit.checked;
    this.changed(this.noUnit);
    this.say(this.noUnit.checked ? "No action unit is there: all are absent." : "No action unit is coded.");
  }

  /**
   * Whether what nobody touches is stored as absent.
   * @param {boolean} isAbsent
   */
  setRest(isAbsent) {
    if (!this.rest) return;
    this.rest.checked = isAbsent;
    this.show();
  }

  /** @param {string} key */
  digit(key) {
    clearTimeout(this.timer);
    this.typed += key;
    const longer = [...this.boxes.keys()].some((number) => number.startsWith(this.typed) && number !== this.typed);
    if (!longer) return this.endNumber();
    this.say(`AU${this.typed}…`);
    this.timer = setTimeout(() => this.endNumber(), PAUSE);
  }

  endNumber() {
    clearTimeout(this.timer);
    const number = this.typed;
    this.typed = "";
    if (number) this.toggle(number);
  }

  /** @param {string} number */
  focus(number) {
    this.focused = number;
    for (const row of all(this.form, "tr.unit", HTMLElement))
      row.classList.toggle("focused", row.dataset.au === number);
    document.dispatchEvent(new CustomEvent("au-focus", { detail: { au: Number(number) } }));
  }

  /**
   * What the row differs in from what was there; blank: nothing.
   * @param {string} number
   */
  change(number) {
    const select = this.intensity(number);
    if (this.mark(number) !== this.preset(number)) return `${this.mark(number) || "not coded"} ${select.value}`.trim();
    return select.value === select.dataset.preset ? "" : `intensity ${select.value || "none"}`;
  }

  /** @param {string} number */
  preset(number) {
    if (this.box(number).hasAttribute("data-preset")) return "present";
    return this.absent(number).hasAttribute("data-preset") ? "absent" : "";
  }

  /** Each change to what was there, in words. */
  changes() {
    const found = [];
    const emotion = this.emotion();
    if (emotion && !emotion.hasAttribute("data-preset")) found.push(emotion.value || "no emotion");
    const fills = this.fills();
    for (const number of this.boxes.keys()) {
      const now = fills && !this.mark(number) ? "absent" : this.change(number);
      if (this.change(number) && now !== this.preset(number)) found.push(`AU${number} ${now}`);
    }
    return found;
  }

  emotion() {
    return /** @type {HTMLInputElement | null} */ (this.form.querySelector("input[name=emotion]:checked"));
  }

  /** Whether anything was marked otherwise than the editor opened. */
  touched() {
    const emotion = this.emotion();
    return (
      (emotion !== null && !emotion.hasAttribute("data-preset")) ||
      [...this.boxes.keys()].some((number) => this.change(number))
    );
  }

  /** Whether rows without a mark are stored as absent. Untouched, an editor changes nothing. */
  fills() {
    if (!this.rest?.checked) return false;
    const switched = !input(this.form, "rest_before")?.value;
    return this.form.hasAttribute("data-starts-empty") || switched || this.touched();
  }

  /**
   * The state of a row, as it is stored.
   * @param {string} number
   */
  stateOf(number) {
    const mark = this.mark(number);
    if (mark === "present") return `present ${this.intensity(number).value}`.trim();
    return mark || (this.fills() ? "absent" : "not coded");
  }

  /** Mark what differs from what was there, and show what FACS finds odd. */
  show() {
    const fills = this.fills();
    for (const [number, box] of this.boxes) {
      const row = /** @type {HTMLElement} */ (rowOf(box));
      const mark = this.mark(number);
      row.classList.toggle("edited", this.change(number) !== "");
      row.classList.toggle("is-present", mark === "present");
      row.classList.toggle("by-rest", !mark && fills);
      one(row, ".state", HTMLElement).textContent = this.stateOf(number);
    }
    for (const tie of this.ties()) one(tie, ".mark-tie", HTMLElement).hidden = !this.isOpen(tie);
    for (const rule of all(this.form, "#anomalies li", HTMLElement)) rule.hidden = !this.isOdd(rule);
    const said = document.getElementById("rest-said");
    if (said) said.textContent = (this.rest?.checked ? said.dataset.on : said.dataset.off) ?? null;
    this.tell(this.summary());
  }

  /** @param {string} text */
  tell(text, isRefusal = false) {
    const changes = one(document, "#changes", HTMLElement);
    changes.textContent = text;
    changes.classList.toggle("refusal", isRefusal);
  }

  /** @param {HTMLElement} rule */
  isOdd(rule) {
    /** @param {string | undefined} text */
    const numbers = (text) => (text ?? "").split(" ").filter(Boolean);
    /** @param {string} number */
    const here = (number) => this.boxes.get(number)?.checked;
    return numbers(rule.dataset.present).every(here) && !numbers(rule.dataset.absent).some(here);
  }

  warnings() {
    const rules = all(this.form, "#anomalies li:not([hidden])", HTMLElement);
    const odd = rules.map((rule) => rule.textContent.trim());
    return odd.length ? ` ${odd.join(" ")}` : "";
  }

  /** The rows on which the coders are tied. */
  ties() {
    return all(this.form, "[data-tie]", HTMLElement);
  }

  /**
   * Whether a row on which the coders are tied is still undecided.
   * @param {HTMLElement} row
   */
  isOpen(row) {
    const number = row.dataset.au;
    if (!number) return row.querySelector("input:checked") === null;
    const mark = this.mark(number);
    return mark === "present"
      ? Boolean(row.dataset.tie?.includes("intensity")) && !this.intensity(number).value
      : mark === "";
  }

  openTies() {
    return this.ties().filter((row) => this.isOpen(row));
  }

  /**
   * Put the focus where a tie is to be decided.
   * @param {HTMLElement} row
   */
  focusTie(row) {
    const number = row.dataset.au;
    const unit = number && (this.mark(number) ? this.intensity(number) : this.box(number));
    const control = unit || one(row, "input", HTMLInputElement);
    control.focus();
    control.scrollIntoView({ block: "nearest" });
  }

  /** Why this can't be saved as it is; blank: it can. */
  refusal() {
    const open = this.openTies();
    if (open.length) {
      const names = open.map((row) => this.nameOf(row)).join(", ");
      return `The coders are tied, and you haven't decided yet: ${names}. Choose, then save again.`;
    }
    const refuses = this.form.hasAttribute("data-refuses-untouched");
    return refuses && !this.touched() ? (this.form.dataset.untouched ?? "") : "";
  }

  /** @param {HTMLElement} row */
  nameOf(row) {
    if (!row.dataset.au) return "the emotion";
    return this.mark(row.dataset.au) ? `the intensity of AU${row.dataset.au}` : `AU${row.dataset.au}`;
  }

  summary() {
    const found = this.changes();
    const ties = this.openTies().map((row) => this.nameOf(row));
    const tied = ties.length ? ` Tied, to be decided: ${ties.join(", ")}.` : "";
    const fills = this.fills() && (this.touched() || !this.form.hasAttribute("data-starts-empty"));
    if (!found.length && !fills) return `${this.form.dataset.untouched ?? "Nothing changed."}${tied}`;
    return `To save: ${[...found, ...(fills ? ["the rest absent"] : [])].join(", ")}.${tied}`;
  }
}

/**
 * The row of an action unit that the element stands in.
 * @param {Element | undefined} element
 * @returns {HTMLElement | null | undefined}
 */
const rowOf = (element) => element?.closest("tr.unit");

/** @param {HTMLInputElement[]} boxes */
const byValue = (boxes) => new Map(boxes.map((box) => [box.value, box]));
