// The picture panel: where action units act, zoom, brightness and contrast, blink comparison.
// Without this module a checkbox shows the neutral frame, and another what the model saw.
//
// It listens on document for "au-focus" (detail.au: a number, or null), "picture-command" (detail:
// one of the commands below) and "face-shown" (the page got another face).

const ZOOMS = [1, 1.5, 2, 3, 4];
const BLINK = 1000; // ms for each picture: far below three flashes a second
const LEAST = 50, MOST = 200, STEP = 10; // percent
const PLAIN = { brightness: 100, contrast: 100 };
const STORED = "facsweb.light";
const reduced = matchMedia("(prefers-reduced-motion: reduce)");

let panel = null;

function storedLight() {
  try {
    return { ...PLAIN, ...JSON.parse(sessionStorage.getItem(STORED)) };
  } catch {
    return { ...PLAIN };
  }
}

function storeLight(light) {
  try {
    sessionStorage.setItem(STORED, JSON.stringify(light));
  } catch {
    // Storage may be switched off: then the next face is plain again.
  }
}

function makePanel(element) {
  const find = (selector) => element.querySelector(selector);
  const viewer = find(".viewer"), pane = find(".pane"), frame = find(".frame");
  const blinkButton = find("[data-view=blink]"), neutral = find(".neutral");
  const unitStamp = find(".unit-stamp");
  const say = (text) => { find("[data-say]").textContent = text; };
  let zoom = 1, timer = 0;
  let light = storedLight();

  function setZoom(wanted) {
    const across = (pane.scrollLeft + pane.clientWidth / 2) / pane.scrollWidth;
    const down = (pane.scrollTop + pane.clientHeight / 2) / pane.scrollHeight;
    zoom = wanted;
    frame.style.setProperty("--zoom", zoom);
    pane.classList.toggle("zoomed", zoom > 1);
    pane.tabIndex = zoom > 1 ? 0 : -1; // only what scrolls needs a stop of its own
    pane.scrollLeft = across * pane.scrollWidth - pane.clientWidth / 2;
    pane.scrollTop = down * pane.scrollHeight - pane.clientHeight / 2;
    find(".zoom-level").textContent = `${zoom}×`;
    for (const [name, end] of [["zoom-out", ZOOMS[0]], ["zoom-in", ZOOMS.at(-1)]]) {
      find(`[data-view=${name}]`).setAttribute("aria-disabled", zoom === end);
    }
  }

  function zoomBy(steps) {
    const place = ZOOMS.indexOf(zoom) + steps;
    setZoom(ZOOMS[Math.min(Math.max(place, 0), ZOOMS.length - 1)]);
    say(`Zoom ${zoom}×.`);
  }

  function setLight(changed) {
    light = { ...light, ...changed };
    for (const name of Object.keys(PLAIN)) {
      const slider = find(`[name=${name}]`);
      slider.value = light[name]; // the browser keeps it within the slider's range
      light[name] = Number(slider.value);
      slider.setAttribute("aria-valuetext", `${light[name]} %`);
      find(`[data-percent=${name}]`).textContent = `${light[name]} %`;
      frame.style.setProperty(`--${name}`, light[name] / 100);
    }
    storeLight(light);
  }

  function lightBy(name, step) {
    setLight({ [name]: Math.min(Math.max(light[name] + step, LEAST), MOST) });
    say(`${name === "contrast" ? "Contrast" : "Brightness"} ${light[name]} %.`);
  }

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
    if (blinkButton.getAttribute("aria-pressed") === "true") return stop(), say("Peak frame.");
    blinkButton.setAttribute("aria-pressed", "true");
    neutral.loading = "eager";
    try {
      await neutral.decode();
    } catch {
      return stop(), say("The neutral frame could not be loaded.");
    }
    if (blinkButton.getAttribute("aria-pressed") === "false") return; // taken back meanwhile
    alternate();
    timer = setInterval(alternate, BLINK);
    say(reduced.matches ? "Neutral frame." : "Neutral and peak frame alternate.");
  }

  const resetZoom = () => { setZoom(1); say("Zoom 1×."); };
  const resetLight = () => { setLight(PLAIN); say("Brightness and contrast 100 %."); };
  const commands = {
    "zoom-in": () => zoomBy(1),
    "zoom-out": () => zoomBy(-1),
    "zoom-reset": resetZoom,
    "light-reset": resetLight,
    reset: () => { resetLight(); setZoom(1); say("Zoom, brightness and contrast reset."); },
    blink,
    brighter: () => lightBy("brightness", STEP),
    darker: () => lightBy("brightness", -STEP),
    "more-contrast": () => lightBy("contrast", STEP),
    "less-contrast": () => lightBy("contrast", -STEP),
  };
  const command = (name) => { if (Object.hasOwn(commands, name)) commands[name](); };

  function showRegion(au) {
    const region = au && find(`.regions > [data-region-au="${Number(au)}"]`);
    find(".regions > .shown")?.classList.remove("shown");
    region?.classList.add("shown");
    unitStamp.hidden = !region;
    unitStamp.firstElementChild.textContent = region?.dataset.label ?? "";
    unitStamp.lastElementChild.textContent = region?.dataset.muscle ?? "";
  }

  element.addEventListener("click", (event) => command(event.target.closest("[data-view]")?.dataset.view));
  element.addEventListener("input", (event) => {
    if (event.target.name in PLAIN) setLight({ [event.target.name]: Number(event.target.value) });
  });
  dragToScroll(pane, () => zoom > 1);

  for (const part of element.querySelectorAll("[data-scripted]")) part.hidden = false;
  for (const part of element.querySelectorAll("[data-plain]")) part.hidden = true;
  if (find("#show-neutral")) find("#show-neutral").checked = false;
  setZoom(1);
  pane.removeAttribute("tabindex");
  setLight({});
  return { element, command, showRegion, stop, setZoom, zoom: () => zoom };
}

/** Drag with the mouse; fingers scroll by themselves. */
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
  const unitOf = (target) => target?.closest?.(".unit[data-au]")?.dataset.au ?? null;
  let hovered = null, typed = null, focused = null, mouse = "";
  const show = () => panel?.showRegion(hovered ?? typed ?? focused);

  document.addEventListener("pointermove", (event) => {
    const place = `${event.clientX} ${event.clientY}`;
    // A page that scrolls below a resting mouse sends this too.
    if (place === mouse || unitOf(event.target) === hovered) return void (mouse = place);
    mouse = place;
    hovered = unitOf(event.target);
    show();
  });
  document.documentElement.addEventListener("pointerleave", () => { hovered = null; show(); });
  document.addEventListener("focusin", (event) => {
    focused = unitOf(event.target);
    typed = null;
    if (focused) hovered = null;
    show();
  });
  document.addEventListener("focusout", (event) => { focused = unitOf(event.relatedTarget); show(); });
  document.addEventListener("au-focus", (event) => {
    typed = event.detail?.au ?? null;
    hovered = null;
    if (typed === null) focused = null;
    show();
  });
  document.addEventListener("picture-command", (event) => panel?.command(event.detail));
  document.addEventListener("face-shown", (event) => {
    const zoom = event.detail?.moves === false ? panel?.zoom() : 1; // the same face again
    hovered = typed = focused = null;
    mountPicture();
    if (zoom > 1) panel?.setZoom(zoom);
  });
}

/** Take charge of the page's panel; again after the page got another face. */
function mountPicture() {
  const element = document.querySelector("[data-picture]");
  if (element && element === panel?.element) return;
  panel?.stop();
  panel = element ? makePanel(element) : null;
}

mountPicture();
listen();
