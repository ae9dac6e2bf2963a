// The review page: keys, the editor, saving and turning. Without it the same forms work by themselves.

import { Editor } from "./editor.js";
import { Outbox, announce, post } from "./outbox.js";
import { prepare, refresh, turn } from "./turning.js";

const EMOTIONS = { n: "negative", p: "positive", s: "surprise", o: "none" };
const BUTTONS = { k: "keep-truth", m: "take-model", x: "skip" };
const LINKS = { ArrowLeft: "previous-face", j: "previous-face", ArrowRight: "next-face", l: "next-face" };
const PICTURE = { "+": "zoom-in", "=": "zoom-in", "-": "zoom-out", r: "reset", w: "blink", "[": "darker", "]": "brighter", "{": "less-contrast", "}": "more-contrast" };

const outbox = new Outbox(document.getElementById("tray"));
const byId = (id) => document.getElementById(id);
let editor = null;
let face = null;
let progress = null;
let rest = null; // whether "the rest is absent", once it was switched on this visit

function mount() {
  const title = document.querySelector("[data-face]");
  face = { id: title.dataset.face, name: title.dataset.name };
  const form = byId("review-form");
  editor = new Editor(form, announce);
  form.addEventListener("submit", save);
  byId("save-correction").addEventListener("click", check);
  // This page may have been fetched before the switch.
  if (rest !== null && form.elements.rest_before) {
    form.elements.rest_before.value = rest ? "on" : "";
    editor.setRest(rest);
  }
  byId("show-keys").hidden = false;
  byId("show-keys").addEventListener("click", () => byId("key-help").showModal());
  const refused = outbox.refused(face.id);
  if (refused) {
    const body = new URLSearchParams(refused.body);
    editor.restore([...body]);
    editor.setRest(body.has("rest_absent"));
    tellRestored(form);
  }
  const tie = editor.openTies()[0];
  if (tie) editor.focusTie(tie);
  showProgress();
  if (goesOn(form)) prepare(face.id, outbox);
}

/** The next page was fetched before this face was saved, so its count is one behind. */
function showProgress() {
  const text = document.querySelector("[data-progress]");
  if (!progress || !text) return;
  text.textContent = progress.text;
  Object.assign(document.querySelector(".work progress"), { max: progress.total, value: progress.done });
}

/** A reading that the server refused is back in the editor, beside what is true now. */
function tellRestored(form) {
  const text = "Your reading from before is back in the editor, not saved yet. Marked rows differ from what is there now.";
  form.prepend(Object.assign(document.createElement("p"), { className: "note note-warning", textContent: text }));
  announce(text);
}

/** Whether saving leads to another face. */
function goesOn(form) {
  return document.querySelector("[data-next]") !== null || Boolean(form.elements.and_next?.checked);
}

/** Say at once what the server would refuse. Passing codings on or sending them back settles no tie. */
function check(event) {
  if (event.currentTarget.value === "pass_on") return;
  const refusal = editor.refusal();
  if (!refusal) return;
  event.preventDefault();
  editor.tell(refusal, true);
  announce(refusal);
  const tie = editor.openTies()[0];
  if (tie) editor.focusTie(tie);
}

/** How the editor opens from now on, on whichever computer. */
async function rememberRest(box) {
  rest = box.checked;
  const answer = await post(box.dataset.url, new URLSearchParams({ rest_absent: rest ? "on" : "" })).catch(() => null);
  announce(answer?.ok ? byId("rest-said").textContent : "Switched for this visit only: the server doesn't answer.");
}

function save(event) {
  const form = event.target;
  const submitter = event.submitter ?? byId("save-correction");
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, submitter)).toString();
  const action = submitter.hasAttribute("formaction") ? submitter.formAction : form.action;
  const done = outbox.add({ action, body, face: face.id, name: face.name, page: location.href });
  // Side by side with other codings a mistake weighs more: there the answer is waited for.
  if (goesOn(form) && !document.querySelector(".adjudicate")) return onwards(done);
  done.then((said) => said && (goesOn(form) ? onwards(done) : refresh()));
}

async function onwards(done) {
  if (await turn()) return;
  const work = document.querySelector("[data-next]");
  if (!work) return (await done) && refresh();
  if (await done) location.assign(work.dataset.next.replace(/next\/$/, ""));
}

const isText = (element) =>
  element.matches("textarea, [contenteditable]") ||
  (element.matches("select") && !byId("review-form").contains(element)) ||
  (element.matches("input") && !["checkbox", "radio", "range"].includes(element.type));

/** Whether Enter already means something on the element that has the focus. */
const actsOnEnter = (element) => element.matches("a, button, summary, select");

function undo() {
  if (!editor.undo()) outbox.undo();
}

function flag() {
  byId("flag-panel").open = true;
  byId("flag-comment").focus();
}

/** To another face. A queue has no list to walk along: back is what was shown before, on is to skip. */
function go(link) {
  if (byId(link)) byId(link).click();
  else if (link === "previous-face") history.back();
  else byId("skip")?.click();
}

/** Act on a key. True when it meant something. */
function handle(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if ((event.ctrlKey || event.metaKey) && key === "s") return byId("save-correction").click(), true;
  if (event.ctrlKey || event.metaKey || event.altKey || byId("key-help").open || isText(event.target)) return false;
  if (key === "0" && !editor.typed) return editor.sayNoUnit(), true;
  if (/^[0-9]$/.test(key)) return editor.digit(key), true;
  if (editor.typed && (key === " " || key === "Enter")) return editor.endNumber(), true;
  if (/^[a-e]$/.test(key)) return editor.endNumber(), editor.grade(key.toUpperCase()), true;
  if (key === "Enter" && !actsOnEnter(event.target)) return byId("save-correction").click(), true;
  if (key.startsWith("Arrow") && event.target.matches("input, select, [role=region]")) return false;
  if (key in EMOTIONS) return editor.choose(EMOTIONS[key]), true;
  if (key in BUTTONS) return byId(BUTTONS[key])?.click(), true;
  if (key in LINKS) return go(LINKS[key]), true;
  if (key in PICTURE) return document.dispatchEvent(new CustomEvent("picture-command", { detail: PICTURE[key] })), true;
  if (key === "t" && byId("rest-absent")) return byId("rest-absent").click(), true;
  if (key === "u") return undo(), true;
  if (key === "f") return flag(), true;
  if (key === "?") return byId("key-help").showModal(), true;
  return false;
}

document.addEventListener("keydown", (event) => {
  if (handle(event)) event.preventDefault();
});
document.addEventListener("face-shown", () => {
  mount();
  announce(`${document.title.split(" · ")[0]}`);
});
document.addEventListener("change", (event) => {
  if (event.target.name === "and_next" && event.target.checked) prepare(face.id, outbox);
  if (event.target.name === "rest_absent") rememberRest(event.target);
});
document.addEventListener("review-saved", (event) => {
  progress = event.detail.progress ?? progress;
  showProgress();
});
mount();
