// The review page: keys, the editor, saving and turning. Without it the same forms work by themselves.

import { all, input, one, targetOf } from "./dom.js";
import { Editor } from "./editor.js";
import { Outbox, announce, post } from "./outbox.js";
import { prepare, refresh, turn } from "./turning.js";

/** @typedef {import("./outbox.js").Saved} Saved */
/** @typedef {Record<string, string>} Keys What each key stands for. */

/** @type {Keys} */
const EMOTIONS = { n: "negative", p: "positive", s: "surprise", o: "none" };
/** @type {Keys} */
const BUTTONS = { k: "keep-truth", m: "take-model", x: "skip" };
/** @type {Keys} */
const LINKS = { ArrowLeft: "previous-face", j: "previous-face", ArrowRight: "next-face", l: "next-face" };
/** @type {Keys} */
const PICTURE = {
  "+": "zoom-in",
  "=": "zoom-in",
  "-": "zoom-out",
  r: "reset",
  w: "blink",
  "[": "darker",
  "]": "brighter",
  "{": "less-contrast",
  "}": "more-contrast",
};

const outbox = new Outbox(one(document, "#tray", HTMLElement));
/** @param {string} id */
const byId = (id) => document.getElementById(id);
/** @param {string} id of what each of these pages has */
const here = (id) => one(document, `#${id}`, HTMLElement);
const saveButton = () => one(document, "#save-correction", HTMLButtonElement);
const keyHelp = () => one(document, "#key-help", HTMLDialogElement);
/** Open the list of keys at its top: its one button, which would get the focus, is at its end. */
const showKeys = () => {
  keyHelp().showModal();
  here("keys-heading").focus();
};
const reviewForm = () => one(document, "#review-form", HTMLFormElement);
/** @type {Editor} */
let editor;
/** @type {{ id: string, name: string }} */
let face;
/** @type {import("./outbox.js").Progress | null} */
let progress = null;
/** @type {boolean | null} */
let rest = null; // whether "the rest is absent", once it was switched on this visit

function mount() {
  const title = one(document, "[data-face]", HTMLElement);
  face = { id: title.dataset.face ?? "", name: title.dataset.name ?? "" };
  const form = reviewForm();
  editor = new Editor(form, announce);
  form.addEventListener("submit", save);
  saveButton().addEventListener("click", check);
  // This page may have been fetched before the switch.
  const before = input(form, "rest_before");
  if (rest !== null && before) {
    before.value = rest ? "on" : "";
    editor.setRest(rest);
  }
  here("show-keys").hidden = false;
  here("show-keys").addEventListener("click", showKeys);
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
  else if (byId("next-face")) whenLoaded(() => prepare(face.id, outbox));
}

/**
 * Once the picture is there, which the next face must not delay.
 * @param {() => void} act
 */
function whenLoaded(act) {
  const picture = one(document, "#face-image", HTMLImageElement);
  if (picture.complete) setTimeout(act);
  else picture.addEventListener("load", act, { once: true });
}

/** The next page was fetched before this face was saved, so its count is one behind. */
function showProgress() {
  const text = document.querySelector("[data-progress]");
  if (!progress || !text) return;
  text.textContent = progress.text;
  Object.assign(one(document, ".work progress", HTMLProgressElement), { max: progress.total, value: progress.done });
}

/**
 * A reading that the server refused is back in the editor, beside what is true now.
 * @param {HTMLFormElement} form
 */
function tellRestored(form) {
  const text =
    "Your reading from before is back in the editor, not saved yet. Marked rows differ from what is there now.";
  form.prepend(Object.assign(document.createElement("p"), { className: "note note-warning", textContent: text }));
  announce(text);
}

/**
 * Whether saving leads to another face.
 * @param {HTMLFormElement} form
 */
function goesOn(form) {
  return document.querySelector("[data-next]") !== null || Boolean(input(form, "and_next")?.checked);
}

/**
 * Say at once what the server would refuse. Passing codings on or sending them back settles no tie.
 * @param {Event} event
 */
function check(event) {
  if (saveButton().value === "pass_on") return;
  const refusal = editor.refusal();
  if (!refusal) return;
  event.preventDefault();
  editor.tell(refusal, true);
  announce(refusal);
  const tie = editor.openTies()[0];
  if (tie) editor.focusTie(tie);
}

/**
 * How the editor opens from now on, on whichever computer.
 * @param {HTMLInputElement} box
 */
async function rememberRest(box) {
  rest = box.checked;
  const body = new URLSearchParams({ rest_absent: rest ? "on" : "" });
  const answer = await post(box.dataset.url ?? "", body).catch(() => null);
  announce(answer?.ok ? here("rest-said").textContent : "Switched for this visit only: the server doesn't answer.");
}

/** @param {SubmitEvent} event */
function save(event) {
  const form = reviewForm();
  const submitter = /** @type {HTMLButtonElement} */ (event.submitter ?? saveButton());
  event.preventDefault();
  const fields = /** @type {[string, string][]} */ ([...new FormData(form, submitter)]);
  const body = new URLSearchParams(fields).toString();
  const action = submitter.hasAttribute("formaction") ? submitter.formAction : form.action;
  const done = outbox.add({ action, body, face: face.id, name: face.name, page: location.href });
  // Side by side with other codings a mistake weighs more: there the answer is waited for.
  if (goesOn(form) && !document.querySelector(".adjudicate")) return onwards(done);
  done.then((said) => said && (goesOn(form) ? onwards(done) : refresh()));
}

/** @param {Promise<Saved | null>} done */
async function onwards(done) {
  if (await turn()) return;
  const [work] = all(document, "[data-next]", HTMLElement);
  const said = await done;
  if (said && work) location.assign((work.dataset.next ?? "").replace(/next\/$/, ""));
  else if (said) await refresh();
}

/** @param {Element} element */
const isText = (element) =>
  element.matches("textarea, [contenteditable]") ||
  (element.matches("select") && !reviewForm().contains(element)) ||
  (element instanceof HTMLInputElement && !["checkbox", "radio", "range"].includes(element.type));

/**
 * Whether Enter already means something on the element that has the focus.
 * @param {Element} element
 */
const actsOnEnter = (element) => element.matches("a, button, summary, select");

function undo() {
  if (!editor.undo()) outbox.undo();
}

function flag() {
  one(document, "#flag-panel", HTMLDetailsElement).open = true;
  here("flag-comment").focus();
}

/**
 * To another face. A queue has no list to walk along: back is what was shown before, on is to skip.
 * @param {string} link
 */
function go(link) {
  const there = byId(link);
  if (there) there.click();
  else if (link === "previous-face") history.back();
  else byId("skip")?.click();
}

/** @param {string} detail one of the picture's commands */
function tellPicture(detail) {
  document.dispatchEvent(new CustomEvent("picture-command", { detail }));
}

/**
 * What a key does, or null where it means nothing.
 * @param {string} key
 * @param {Element} target
 * @returns {(() => unknown) | null}
 */
function deedOf(key, target) {
  if (key === "0" && !editor.typed) return () => editor.sayNoUnit();
  if (/^[0-9]$/.test(key)) return () => editor.digit(key);
  if (editor.typed && (key === " " || key === "Enter")) return () => editor.endNumber();
  if (/^[a-e]$/.test(key)) return () => (editor.endNumber(), editor.grade(key.toUpperCase()));
  if (key === "Enter" && !actsOnEnter(target)) return () => saveButton().click();
  if (key.startsWith("Arrow") && target.matches("input, select, [role=region]")) return null;
  if (key in EMOTIONS) return () => editor.choose(EMOTIONS[key]);
  if (key in BUTTONS) return () => byId(BUTTONS[key])?.click();
  if (key in LINKS) return () => go(LINKS[key]);
  if (key in PICTURE) return () => tellPicture(PICTURE[key]);
  if (key === "t" && byId("rest-absent")) return () => here("rest-absent").click();
  if (key === "u") return undo;
  if (key === "f") return flag;
  return key === "?" ? showKeys : null;
}

/**
 * Act on a key. True when it meant something.
 * @param {KeyboardEvent} event
 */
function handle(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const target = targetOf(event) ?? document.body;
  if ((event.ctrlKey || event.metaKey) && key === "s") return (saveButton().click(), true);
  if (event.ctrlKey || event.metaKey || event.altKey || keyHelp().open || isText(target)) return false;
  const deed = deedOf(key, target);
  deed?.();
  return deed !== null;
}

document.addEventListener("keydown", (event) => {
  if (handle(event)) event.preventDefault();
});
document.addEventListener("click", async (event) => {
  const link = targetOf(event)?.closest("#next-face");
  const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button);
  if (!(link instanceof HTMLAnchorElement) || !plain) return;
  event.preventDefault();
  if (!(await turn())) location.assign(link.href);
});
document.addEventListener("face-shown", () => {
  mount();
  announce(`${document.title.split(" · ")[0]}`);
});
document.addEventListener("change", ({ target }) => {
  if (!(target instanceof HTMLInputElement)) return;
  if (target.name === "and_next" && target.checked) prepare(face.id, outbox);
  if (target.name === "rest_absent") rememberRest(target);
});
document.addEventListener("review-saved", (event) => {
  /** @type {Saved} */
  const said = /** @type {CustomEvent} */ (event).detail;
  progress = said.progress ?? progress;
  showProgress();
});
mount();
