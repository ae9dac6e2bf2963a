// The next face, fetched while the coder looks at this one, so that turning to it takes no time.
//
// Browsers prefetch nothing that mustn't be kept, as faces mustn't, so this does it, within the page.
// It says that it fetches ahead, and tells the server once the face is shown: the audit knows both.

import { all, one } from "./dom.js";
import { post } from "./outbox.js";

const AHEAD = { "X-Ahead": "1" };

/** @typedef {{ url: string, page: Document, picture: HTMLImageElement | null }} Next */

/** @type {Promise<Next | null> | null} */
let following = null; // of null at the end

/**
 * Begin to fetch what comes after this face, once `outbox` has nothing on its way.
 * @param {string} face
 * @param {import("./outbox.js").Outbox} outbox
 */
export function prepare(face, outbox) {
  const besides = [face, ...outbox.pendingFaces];
  following = outbox
    .idle()
    .then(() => find(besides))
    .then((url) => fetchPage(url, AHEAD))
    .catch(() => null);
}

/**
 * Show the next face. False at the end of the list, or where it can't be had.
 * @returns {Promise<boolean>}
 */
export async function turn() {
  const coming = following;
  following = null; // whoever turns twice at once doesn't get the same face again
  const next = await coming;
  if (!next) return false;
  const isFace = next.page.querySelector("[data-face]") !== null;
  if (!isFace || kind(next.page) !== kind(document)) location.assign(next.url);
  else show(next);
  return true;
}

/** Fetch this face's page again and show what became of it. */
export async function refresh() {
  const next = await fetchPage(location.href).catch(() => null);
  if (next) show(next, false);
}

/**
 * The address of what comes next, besides these faces; blank at the end.
 * @param {string[]} besides
 * @returns {Promise<string>}
 */
async function find(besides) {
  const [work] = all(document, "[data-next]", HTMLElement);
  const [link] = all(document, "#next-face", HTMLAnchorElement);
  if (!work) return link?.href ?? "";
  const body = new URLSearchParams({ stage: work.dataset.stage ?? "" });
  for (const face of besides) body.append("besides", face);
  const answer = await post(work.dataset.next ?? "", body);
  return (await answer.json()).url;
}

/**
 * @param {string} url
 * @param {Record<string, string>} further headers
 * @returns {Promise<Next | null>}
 */
async function fetchPage(url, further = {}) {
  if (!url) return null;
  const answer = await fetch(url, { headers: { Accept: "text/html", ...further } });
  if (!answer.ok || answer.redirected) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return { url, page, picture: pictureOf(page) };
}

/**
 * The picture that a page shows, being loaded. The browser keeps no picture that it isn't showing, so
 * it is this element which is shown later; or the one that is here, if it is of the same face.
 * @param {Document} page
 */
function pictureOf(page) {
  const [there] = all(page, "#face-image", HTMLElement);
  const [here] = all(document, "#face-image", HTMLImageElement);
  if (!there) return null;
  const path = new URL(there.getAttribute("src") ?? "", location.href).pathname;
  if (here && new URL(here.src).pathname === path) return here;
  const copy = document.importNode(there);
  return copy instanceof HTMLImageElement ? copy : null;
}

/** Tell the server that a face is shown which was fetched ahead, if this one was. */
function tellShown() {
  const [title] = all(document, "[data-shown]", HTMLElement);
  // Without an answer the audit keeps what it has: that the face was sent.
  if (title) post(title.dataset.shown ?? "", new URLSearchParams()).catch(() => null);
}

/** @param {Next} next */
function show({ url, page, picture }, moves = true) {
  const main = one(document, "#main", HTMLElement);
  const failed = picture?.complete && !picture.naturalWidth; // then the page's own tries again
  const place = page.createElement("span");
  if (picture && !failed) page.getElementById("face-image")?.replaceWith(place);
  main.replaceChildren(...one(page, "#main", HTMLElement).childNodes);
  if (picture && !failed) place.replaceWith(picture);
  document.title = page.title;
  tellShown();
  if (moves) {
    history.pushState({}, "", url);
    window.scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
  document.dispatchEvent(new CustomEvent("face-shown", { detail: { moves } }));
}

/** @param {Document} page */
const kind = (page) => (page.querySelector(".adjudicate") ? "adjudicate" : "face");

window.addEventListener("popstate", () => location.reload());
