// Keys of the face page. Without this module the same buttons and boxes work by mouse and Tab.

const PAUSE = 600; // ms to wait for another digit of an action unit's number
const EMOTIONS = { n: "negative", p: "positive", s: "surprise" };
const BUTTONS = { k: "keep-truth", m: "take-model" };
const LINKS = { ArrowLeft: "previous-face", j: "previous-face", ArrowRight: "next-face", l: "next-face" };

const form = document.getElementById("review-form");
const announcer = document.getElementById("announce");
const help = document.getElementById("key-help");
const numbers = [...form.querySelectorAll("input[name=au]")].map((box) => box.value);

let typed = "";
let timer = 0;

const byId = (id) => document.getElementById(id);
const press = (id) => byId(id)?.click();
const say = (text) => { announcer.textContent = text; };

function changes() {
  const found = [];
  for (const box of form.querySelectorAll("input[name=au]")) {
    if (box.checked !== box.hasAttribute("data-preset")) {
      found.push(`AU${box.value} ${box.checked ? "present" : "absent"}`);
    }
    box.closest("tr").classList.toggle("edited", box.checked !== box.hasAttribute("data-preset"));
  }
  const emotion = form.querySelector("input[name=emotion]:checked");
  if (emotion && !emotion.hasAttribute("data-preset")) found.unshift(emotion.value || "no emotion");
  return found.length ? `To save: ${found.join(", ")}.` : "Nothing changed.";
}

function toggle(number) {
  const box = byId(`au-${number}`);
  if (!box) return say(`The model knows no AU${number}.`);
  box.checked = !box.checked;
  box.scrollIntoView({ block: "nearest" });
  say(`AU${number} ${box.checked ? "present" : "absent"}. ${changes()}`);
}

function endNumber() {
  clearTimeout(timer);
  const number = typed;
  typed = "";
  if (number) toggle(number);
}

function digit(key) {
  clearTimeout(timer);
  typed += key;
  const longer = numbers.some((number) => number.startsWith(typed) && number !== typed);
  if (!longer) return endNumber();
  say(`AU${typed}…`);
  timer = setTimeout(endNumber, PAUSE);
}

function choose(emotion) {
  byId(`emotion-${emotion}`).checked = true;
  say(`Emotion ${emotion}. ${changes()}`);
}

const isText = (element) =>
  element.matches("textarea, select, [contenteditable]") ||
  (element.matches("input") && !["checkbox", "radio"].includes(element.type));

/** Whether Enter already means something on the element that has the focus. */
const actsOnEnter = (element) => element.matches("a, button, summary");

function handle(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if ((event.ctrlKey || event.metaKey) && key === "s") return press("save-correction"), true;
  if (event.ctrlKey || event.metaKey || event.altKey || help.open || isText(event.target)) return false;
  if (/^[0-9]$/.test(key)) return digit(key), true;
  if (typed && (key === " " || key === "Enter")) return endNumber(), true;
  if (key === "Enter" && !actsOnEnter(event.target)) return press("save-correction"), true;
  if (key.startsWith("Arrow") && event.target.type === "radio") return false;
  if (key in EMOTIONS) return choose(EMOTIONS[key]), true;
  if (key in BUTTONS) return press(BUTTONS[key]), true;
  if (key in LINKS) return press(LINKS[key]), true;
  if (key === "?") return help.showModal(), true;
  return false;
}

document.addEventListener("keydown", (event) => {
  if (handle(event)) event.preventDefault();
});
form.addEventListener("change", (event) => {
  if (event.target.matches("[name=au], [name=emotion]")) say(changes());
});
byId("show-keys").hidden = false;
byId("show-keys").addEventListener("click", () => help.showModal());
