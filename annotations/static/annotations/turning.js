// The next face, fetched while the coder looks at this one, so that turning to it takes no time.

import { all, one } from "./dom.js";
import { post } from "./outbox.js";

/** @typedef {{ url: string, page: Document }} Next */

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
    .then(fetchPage)
    .catch(() => null);
}

/**
 * Show the next face. False at the end of the list, or where it can't be had.
 * @returns {Promise<boolean>}
 */
export async function turn() {
  const next = await following;
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
 * @returns {Promise<Next | null>}
 */
async function fetchPage(url) {
  if (!url) return null;
  const answer = await fetch(url, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const picture = page.getElementById("face-image")?.getAttribute("src");
  if (picture) new Image().src = picture;
  return { url, page };
}

/** @param {Next} next */
function show({ url, page }, moves = true) {
  const main = one(document, "#main", HTMLElement);
  main.replaceChildren(...one(page, "#main", HTMLElement).childNodes);
  document.title = page.title;
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
