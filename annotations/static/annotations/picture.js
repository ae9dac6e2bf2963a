// The picture panel: where action units act, zoom, brightness and contrast, blink comparison.
// Without this module a checkbox shows the neutral frame, and another what the model saw.
//
// It listens on document for "au-focus" (detail.au: a number, or null), "picture-command" (detail:
// one of the commands below) and "face-shown" (the page got another face).

import { all, one, targetOf } from "./dom.js";

const ZOOMS = [1, 1.5, 2, 3, 4];
const BLINK = 1000; // ms for each picture: far below three flashes a second
const [LEAST, MOST, STEP] = [50, 200, 10]; // percent
/** @typedef {{ brightness: number, contrast: number }} Light */
/** @type {Light} */
const PLAIN = { brightness: 100, contrast: 100 };
const STORED = "facsweb.light";
const reduced = matchMedia("(prefers-reduced-motion: reduce)");

/** @type {ReturnType<typeof makePanel> | null} */
let panel = null;

/** @returns {Light} */
function storedLight() {
  try {
    return { ...PLAIN, ...JSON.parse(sessionStorage.getItem(STORED) ?? "null") };
  } catch {
    return { ...PLAIN };
  }
}

/** @param {Light} light */
function storeLight(light) {
  try {
    sessionStorage.setItem(STORED, JSON.stringify(light));
  } catch {
    // Storage may be switched off: then the next face is plain again.
  }
}

/** @param {HTMLElement} element */
function makePanel(element) {
  /** @param {string} selector */
  const find = (selector) => one(element, selector, HTMLElement);
  const [viewer, pane, frame] = [find(".viewer"), find(".pane"), find(".frame")];
  const [neutral] = all(element, ".neutral", HTMLImageElement); // not each face has one
  const [blinkButton] = all(element, "[data-view=blink]", HTMLElement);
  const unitStamp = find(".unit-stamp");
  /** @param {string} text */
  const say = (text) => {
    find("[data-say]").textContent = text;
  };
  let zoom = 1;
  let timer = 0;
  let light = storedLight();

  /** @param {number} wanted */
  function setZoom(wanted) {
    const across = (pane.scrollLeft + pane.clientWidth / 2) / pane.scrollWidth;
    const down = (pane.scrollTop + pane.clientHeight / 2) / pane.scrollHeight;
    zoom = wanted;
    frame.style.setProperty("--zoom", String(zoom));
    pane.classList.toggle("zoomed", zoom > 1);
    pane.tabIndex = zoom > 1 ? 0 : -1; // only what scrolls needs a stop of its own
    pane.scrollLeft = across * pane.scrollWidth - pane.clientWidth / 2;
    pane.scrollTop = down * pane.scrollHeight - pane.clientHeight / 2;
    find(".zoom-level").textContent = `${zoom}×`;
    for (const [name, end] of Object.entries({ "zoom-out": ZOOMS[0], "zoom-in": ZOOMS.at(-1) })) {
      find(`[data-view=${name}]`).setAttribute("aria-disabled", String(zoom === end));
    }
  }

  /** @param {number} steps */
  function zoomBy(steps) {
    const place = ZOOMS.indexOf(zoom) + steps;
    setZoom(ZOOMS[Math.min(Math.max(place, 0), ZOOMS.length - 1)]);
    say(`Zoom ${zoom}×.`);
  }

  /** @param {Partial<Light>} changed */
  function setLight(changed) {
    light = { ...light, ...changed };
    for (const name of /** @type {(keyof Light)[]} */ (Object.keys(PLAIN))) {
      const slider = one(element, `[name=${name}]`, HTMLInputElement);
      slider.value = String(light[name]); // the browser keeps it within the slider's range
      light[name] = Number(slider.value);
      slider.setAttribute("aria-valuetext", `${light[name]} %`);
      find(`[data-percent=${name}]`).textContent = `${light[name]} %`;
      frame.style.setProperty(`--${name}`, String(light[name] / 100));
    }
    storeLight(light);
  }

  /**
   * @param {keyof Light} name
   * @param {number} step
   */
  function lightBy(name, step) {
    setLight({ [name]: Math.min(Math.max(light[name] + step, LEAST), MOST) });
    say(`${name === "contrast" ? "Contrast" : "Brightness"} ${light[name]} %.`);
  }

  /** @param {string | null} name of the frame; null: the peak, without a stamp */
  function show(name) {
    if (name) viewer.dataset.frame = name;
    else delete viewer.dataset.frame;
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    show(null);
    blinkButton?.setAttribute("aria-pressed", "false");
  }

  function alternate() {
    if (!element.isConnected) return stop();
    show(viewer.dataset.frame === "neutral" && !reduced.matches ? "peak" : "neutral");
  }

  async function blink() {
    if (!blinkButton) return say("No neutral frame was imported with this face.");
    if (blinkButton.getAttribute("aria-pressed") === "true") {
      stop();
      return say("Peak frame.");
    }
    blinkButton.setAttribute("aria-pressed", "true");
    neutral.loading = "eager";
    try {
      await neutral.decode();
    } catch {
      stop();
      return say("The neutral frame could not be loaded.");
    }
    if (blinkButton.getAttribute("aria-pressed") === "false") return; // taken back meanwhile
    alternate();
    timer = setInterval(alternate, BLINK);
    say(reduced.matches ? "Neutral frame." : "Neutral and peak frame alternate.");
  }

  const resetZoom = () => {
    setZoom(1);
    say("Zoom 1×.");
  };
  const resetLight = () => {
    setLight(PLAIN);
    say("Brightness and contrast 100 %.");
  };
  const reset = () => {
    resetLight();
    setZoom(1);
    say("Zoom, brightness and contrast reset.");
  };
  /** @type {Record<string, () => unknown>} */
  const commands = {
    "zoom-in": () => zoomBy(1),
    "zoom-out": () => zoomBy(-1),
    "zoom-reset": resetZoom,
    "light-reset": resetLight,
    reset,
    blink,
    brighter: () => lightBy("brightness", STEP),
    darker: () => lightBy("brightness", -STEP),
    "more-contrast": () => lightBy("contrast", STEP),
    "less-contrast": () => lightBy("contrast", -STEP),
  };
  /** @param {string} [name] */
  const command = (name) => {
    if (name !== undefined && Object.hasOwn(commands, name)) commands[name]();
  };

  /** @param {string | number | null} au */
  function showRegion(au) {
    const [region] = au ? all(element, `.regions > [data-region-au="${Number(au)}"]`, SVGElement) : [];
    element.querySelector(".regions > .shown")?.classList.remove("shown");
    region?.classList.add("shown");
    unitStamp.hidden = !region;
    find(".unit-stamp > :first-child").textContent = region?.dataset.label ?? "";
    find(".unit-stamp > :last-child").textContent = region?.dataset.muscle ?? "";
  }

  element.addEventListener("click", (event) => {
    /** @type {HTMLElement | null | undefined} */
    const tool = targetOf(event)?.closest("[data-view]");
    command(tool?.dataset.view);
  });
  element.addEventListener("input", ({ target }) => {
    if (target instanceof HTMLInputElement && target.name in PLAIN) setLight({ [target.name]: Number(target.value) });
  });
  dragToScroll(pane, () => zoom > 1);

  for (const part of all(element, "[data-scripted]", HTMLElement)) part.hidden = false;
  for (const part of all(element, "[data-plain]", HTMLElement)) part.hidden = true;
  for (const box of all(element, "#show-neutral", HTMLInputElement)) box.checked = false;
  setZoom(1);
  pane.removeAttribute("tabindex");
  setLight({});
  return { element, command, showRegion, stop, setZoom, zoom: () => zoom };
}

/**
 * Drag with the mouse; fingers scroll by themselves.
 * @param {HTMLElement} pane
 * @param {() => boolean} mayDrag
 */
function dragToScroll(pane, mayDrag) {
  pane.addEventListener("pointerdown", (event) => {
    if (!mayDrag() || event.button !== 0 || event.pointerType !== "mouse" || event.target === pane) return;
    pane.setPointerCapture(event.pointerId);
    pane.classList.add("dragging");
  });
  pane.addEventListener("pointermove", (event) => {
    if (!pane.classList.contains("dragging")) return;
    pane.scrollLeft -= event.movementX;
    pane.scrollTop -= event.movementY;
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    pane.addEventListener(end, () => pane.classList.remove("dragging"));
  }
}

/** Outline the action unit that was pointed at, typed or focused last. */
function listen() {
  /**
   * @param {EventTarget | null} target
   * @returns {string | null}
   */
  const unitOf = (target) => {
    /** @type {HTMLElement | null} */
    const unit = target instanceof Element ? target.closest(".unit[data-au]") : null;
    return unit?.dataset.au ?? null;
  };
  /** @type {string | null} */
  let hovered = null;
  /** @type {number | null} */
  let typed = null;
  /** @type {string | null} */
  let focused = null;
  let mouse = "";
  const show = () => panel?.showRegion(hovered ?? typed ?? focused);

  document.addEventListener("pointermove", (event) => {
    const place = `${event.clientX} ${event.clientY}`;
    // A page that scrolls below a resting mouse sends this too.
    const isSame = place === mouse || unitOf(event.target) === hovered;
    mouse = place;
    if (isSame) return;
    hovered = unitOf(event.target);
    show();
  });
  document.documentElement.addEventListener("pointerleave", () => {
    hovered = null;
    show();
  });
  document.addEventListener("focusin", (event) => {
    focused = unitOf(event.target);
    typed = null;
    if (focused) hovered = null;
    show();
  });
  document.addEventListener("focusout", (event) => {
    focused = unitOf(event.relatedTarget);
    show();
  });
  document.addEventListener("au-focus", (event) => {
    typed = detailOf(event)?.au ?? null;
    hovered = null;
    if (typed === null) focused = null;
    show();
  });
  document.addEventListener("picture-command", (event) => panel?.command(detailOf(event)));
  document.addEventListener("face-shown", (event) => {
    const zoom = detailOf(event)?.moves === false ? panel?.zoom() : 1; // the same face again
    hovered = typed = focused = null;
    mountPicture();
    if (zoom && zoom > 1) panel?.setZoom(zoom);
  });
}

/** @param {Event} event that one of our modules has sent */
const detailOf = (event) => /** @type {CustomEvent} */ (event).detail;

/** Take charge of the page's panel; again after the page got another face. */
function mountPicture() {
  const [element] = all(document, "[data-picture]", HTMLElement);
  if (element && element === panel?.element) return;
  panel?.stop();
  panel = element ? makePanel(element) : null;
}

mountPicture();
listen();
