// Draws each chart of the page in the place of its image, in the colours of the hour.

const FEWEST_PIXELS = 220; // of a small multiple; these five as in facsweb/charts/fit.py
const AXIS_PIXELS = 52;
const GAP_PIXELS = 20;
const HEIGHT = 260;
const SMALL_HEIGHT = 150;
const NOTICED = 8; // pixels by which a place must change to be drawn anew

/**
 * @typedef {Record<string, any>} Spec
 * @typedef {object} Drawing
 * @property {Spec} spec
 * @property {{ light: Spec, dark: Spec }} themes
 * @typedef {(element: HTMLElement, spec: Spec, options: Spec) => Promise<{ finalize: () => void }>} Embed
 */

const dark = matchMedia("(prefers-color-scheme: dark)");

/** @type {Map<HTMLElement, { width: number, finalize: () => void }>} */
const drawn = new Map();

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) if (target instanceof HTMLElement) void redraw(target);
});

/** @returns {Promise<Embed>} */
async function embedder() {
  // @ts-expect-error - facsweb/charts/finders.py writes it when static files are collected
  return (await import("../charts/vega-embed.js")).vegaEmbed;
}

/**
 * The specification for a place of that width.
 * @param {Spec} spec
 * @param {number} width
 * @returns {Spec}
 */
function fitted(spec, width) {
  if (!("spec" in spec)) {
    return { height: HEIGHT, autosize: { type: "fit-x", contains: "padding" }, ...spec, width };
  }
  const columns = Math.max(1, Math.min(spec.columns ?? 3, Math.floor(width / FEWEST_PIXELS)));
  const room = width - AXIS_PIXELS - (columns - 1) * GAP_PIXELS;
  const inner = { height: SMALL_HEIGHT, ...spec.spec, width: Math.floor(room / columns) };
  return { ...spec, columns, spec: inner };
}

/** @param {HTMLElement} place */
async function draw(place) {
  const width = Math.floor(place.clientWidth);
  const source = document.getElementById(place.dataset.chart ?? "");
  if (!source || !width) return;
  /** @type {Drawing} */
  const { spec, themes } = JSON.parse(source.textContent ?? "");
  const before = drawn.get(place);
  drawn.set(place, { width, finalize: () => {} });
  const canvas = document.createElement("div");
  const embed = await embedder();
  const view = await embed(canvas, fitted(spec, width), {
    ast: true, // no eval: the policy forbids it
    actions: false,
    config: dark.matches ? themes.dark : themes.light,
    defaultStyle: false,
    logLevel: 1, // errors; a test looks at what Vega-Lite warns of
    renderer: "svg",
    tooltip: { disableDefaultStyle: true },
  });
  before?.finalize();
  // One picture with one description, as the image was: its marks have no names of their own.
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", spec.description);
  for (const part of canvas.children) part.setAttribute("aria-hidden", "true");
  place.replaceChildren(canvas);
  drawn.set(place, { width, finalize: () => view.finalize() });
}

/** @param {HTMLElement} place */
async function redraw(place) {
  const before = drawn.get(place);
  if (before && Math.abs(before.width - place.clientWidth) < NOTICED) return;
  await draw(place);
}

/** @param {ParentNode} root */
function drawAll(root) {
  for (const place of drawn.keys()) {
    if (place.isConnected) continue;
    drawn.get(place)?.finalize();
    sizes.unobserve(place);
    drawn.delete(place);
  }
  for (const place of root.querySelectorAll("[data-chart]")) sizes.observe(place); // draws, too
}

dark.addEventListener("change", () => {
  for (const place of drawn.keys()) void draw(place);
});
document.addEventListener("htmx:load", (event) => {
  if (event.target instanceof Element) drawAll(event.target.parentElement ?? event.target);
});
drawAll(document);
