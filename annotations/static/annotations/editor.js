// What the coder holds in hand: emotion, action units, intensities. Knows nothing of the network.

const PAUSE = 600; // ms to wait for another digit of an action unit's number

export class Editor {
  constructor(form, say) {
    this.form = form;
    this.say = say;
    this.typed = "";
    this.timer = 0;
    this.focused = null; // the action unit that a letter A to E is about
    this.boxes = new Map([...form.querySelectorAll("input[name=au]")].map((box) => [box.value, box]));
    this.past = [];
    this.now = this.state();
    form.addEventListener("change", (event) => this.changed(event.target));
    form.addEventListener("focusin", (event) => {
      const row = event.target.closest("tr.unit");
      if (row) this.focus(row.dataset.au);
    });
    this.show();
  }

  /** Name and value of all that makes up the reading. */
  state() {
    const names = /^(emotion|au|intensity-\d+|comment)$/;
    return [...new FormData(this.form)].filter(([name]) => names.test(name));
  }

  restore(state) {
    const values = new Map();
    for (const [name, value] of state) values.set(name, [...(values.get(name) ?? []), value]);
    for (const [number, box] of this.boxes) {
      box.checked = (values.get("au") ?? []).includes(number);
      this.intensity(number).value = values.get(`intensity-${number}`)?.[0] ?? "";
    }
    const emotion = values.get("emotion")?.[0] ?? "";
    for (const radio of this.form.querySelectorAll("input[name=emotion]")) radio.checked = radio.value === emotion;
    this.form.elements.comment.value = values.get("comment")?.[0] ?? "";
    this.now = this.state();
    this.show();
  }

  intensity(number) {
    return this.form.elements[`intensity-${number}`];
  }

  /** Forget the last change. False when there is none. */
  undo() {
    const before = this.past.pop();
    if (!before) return false;
    this.restore(before);
    this.say(`Change undone. ${this.summary()}`);
    return true;
  }

  changed(element) {
    const unit = element?.closest("tr.unit")?.dataset.au;
    if (unit && element.tagName === "SELECT" && element.value) this.boxes.get(unit).checked = true;
    if (unit && element.type === "checkbox" && !element.checked) this.intensity(unit).value = "";
    const state = this.state();
    if (JSON.stringify(state) !== JSON.stringify(this.now)) this.past.push(this.now);
    this.now = state;
    this.show();
  }

  toggle(number) {
    const box = this.boxes.get(number);
    if (!box) return this.say(`The model knows no AU${number}.`);
    box.checked = !box.checked;
    this.focus(number);
    this.changed(box);
    box.scrollIntoView({ block: "nearest" });
    this.say(`AU${number} ${box.checked ? "present" : "absent"}.${this.warnings()}`);
  }

  /** Give the unit in hand an intensity; the same again takes it away. */
  grade(letter) {
    if (!this.focused) return this.say("Type an action unit first, then its intensity.");
    const select = this.intensity(this.focused);
    select.value = select.value === letter ? "" : letter;
    this.changed(select);
    this.say(`AU${this.focused} ${select.value ? `present, intensity ${letter}` : "without intensity"}.${this.warnings()}`);
  }

  choose(emotion) {
    const radio = document.getElementById(`emotion-${emotion}`);
    radio.checked = true;
    this.changed(radio);
    this.say(`Emotion ${emotion}.`);
  }

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

  focus(number) {
    this.focused = number;
    for (const row of this.form.querySelectorAll("tr.unit")) row.classList.toggle("focused", row.dataset.au === number);
    document.dispatchEvent(new CustomEvent("au-focus", { detail: { au: Number(number) } }));
  }

  /** Mark what differs from what was there, and show what FACS finds odd. */
  show() {
    for (const [number, box] of this.boxes) {
      const select = this.intensity(number);
      const edited = box.checked !== box.hasAttribute("data-preset") || select.value !== select.dataset.preset;
      box.closest("tr").classList.toggle("edited", edited);
    }
    for (const rule of this.form.querySelectorAll("#anomalies li")) rule.hidden = !this.isOdd(rule);
    document.getElementById("changes").textContent = this.summary();
  }

  isOdd(rule) {
    const numbers = (text) => text.split(" ").filter(Boolean);
    const here = (number) => this.boxes.get(number)?.checked;
    return numbers(rule.dataset.present).every(here) && !numbers(rule.dataset.absent).some(here);
  }

  warnings() {
    const odd = [...this.form.querySelectorAll("#anomalies li:not([hidden])")].map((rule) => rule.textContent.trim());
    return odd.length ? ` ${odd.join(" ")}` : "";
  }

  summary() {
    const found = [];
    const emotion = this.form.querySelector("input[name=emotion]:checked");
    if (emotion && !emotion.hasAttribute("data-preset")) found.push(emotion.value || "no emotion");
    for (const [number, box] of this.boxes) {
      const select = this.intensity(number);
      if (box.checked !== box.hasAttribute("data-preset")) found.push(`AU${number} ${box.checked ? "present" : "absent"} ${select.value}`.trim());
      else if (select.value !== select.dataset.preset) found.push(`AU${number} intensity ${select.value || "none"}`);
    }
    return found.length ? `To save: ${found.join(", ")}.` : "Nothing changed.";
  }
}
