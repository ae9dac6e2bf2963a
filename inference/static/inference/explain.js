// Asks a worker what the model looked at, waits for it, and lays it over the picture.

import { one } from "../annotations/dom.js";

const AGAIN = 400; // ms between looks

/**
 * @typedef {object} Said What the server says of an explanation.
 * @property {string} status
 * @property {string} url
 * @property {string} label
 * @property {string} image
 * @property {string[]} caption
 * @property {string} error
 * @property {boolean} worker whether one answers
 */

/** @returns {HTMLElement | null} */
const laidOver = () => document.querySelector(".frame .cam");

/**
 * @param {Response} answer
 * @returns {Promise<Said>}
 */
async function told(answer) {
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.detail);
  return said;
}

/** @param {HTMLFormElement} form */
async function ask(form) {
  const headers = { Accept: "application/json" };
  let said = await told(await fetch(form.action, { method: "POST", headers, body: new FormData(form) }));
  while (["queued", "running"].includes(said.status) && form.isConnected) {
    say(form, said.worker ? "A worker is looking …" : "No inference worker answers; it begins as soon as one does.");
    await new Promise((resolve) => setTimeout(resolve, AGAIN));
    said = await told(await fetch(said.url, { headers }));
  }
  return said;
}

/**
 * @param {HTMLFormElement} form
 * @param {Said} said
 */
function show(form, said) {
  hide(form);
  const picture = one(document, "#face-image", HTMLImageElement);
  const alt = `Where the picture speaks for ${said.label}`;
  const map = Object.assign(new Image(picture.width, picture.height), {
    className: "overlay cam",
    src: said.image,
    alt,
  });
  picture.after(map); // below the neutral frame and the outlines of action units
  const lines = said.caption.map((textContent) => Object.assign(document.createElement("p"), { textContent }));
  one(form, "[data-explain-caption]", HTMLElement).replaceChildren(...lines);
  one(form, "[data-explained]", HTMLElement).hidden = false;
  fade(form);
  say(form, `Shown for ${said.label}.`);
}

/** @param {HTMLFormElement} form */
function hide(form) {
  laidOver()?.remove();
  one(form, "[data-explained]", HTMLElement).hidden = true;
  say(form, "");
}

/** @param {HTMLFormElement} form */
function fade(form) {
  const map = laidOver();
  const slider = one(form, "[data-explain-opacity]", HTMLInputElement);
  if (map) map.style.opacity = String(Number(slider.value) / 100);
}

/**
 * @param {HTMLFormElement} form
 * @param {string} text
 */
function say(form, text) {
  one(form, "[data-explain-status]", HTMLElement).textContent = text;
}

/**
 * The form of ours that an event happened in, on what fits; or null.
 * @param {Event} event
 * @param {string} selector
 * @returns {HTMLFormElement | null}
 */
function formOf(event, selector) {
  const element = event.target instanceof Element && event.target.matches(selector) ? event.target : null;
  return element?.closest("form") ?? null;
}

// On the document, so that it goes on when the page turns to another face.
document.addEventListener("submit", async (event) => {
  const form = formOf(event, "[data-explain]");
  if (!form) return;
  event.preventDefault();
  say(form, "Asking …");
  try {
    const said = await ask(form);
    if (!form.isConnected) return;
    if (said.status === "succeeded") show(form, said);
    else say(form, `This could not be explained. ${said.error}`);
  } catch (error) {
    say(form, (error instanceof Error && error.message) || "The server doesn't answer.");
  }
});
document.addEventListener("input", (event) => {
  const form = formOf(event, "[data-explain-opacity]");
  if (form) fade(form);
});
document.addEventListener("click", (event) => {
  const form = formOf(event, "[data-explain-hide]");
  if (form) hide(form);
});
