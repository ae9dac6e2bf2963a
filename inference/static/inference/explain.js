// Asks a worker what the model looked at, waits for it, and lays it over the picture.

const AGAIN = 400; // ms between looks

async function told(answer) {
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.detail);
  return said;
}

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

function show(form, said) {
  hide(form);
  const picture = document.getElementById("face-image");
  const map = Object.assign(new Image(picture.width, picture.height), { className: "overlay cam", src: said.image, alt: `Where the picture speaks for ${said.label}` });
  picture.after(map); // below the neutral frame and the outlines of action units
  form.querySelector("[data-explain-caption]").replaceChildren(...said.caption.map((text) => Object.assign(document.createElement("p"), { textContent: text })));
  form.querySelector("[data-explained]").hidden = false;
  fade(form);
  say(form, `Shown for ${said.label}.`);
}

function hide(form) {
  document.querySelector(".frame .cam")?.remove();
  form.querySelector("[data-explained]").hidden = true;
  say(form, "");
}

function fade(form) {
  const map = document.querySelector(".frame .cam");
  if (map) map.style.opacity = form.querySelector("[data-explain-opacity]").value / 100;
}

const say = (form, text) => { form.querySelector("[data-explain-status]").textContent = text; };

// On the document, so that it goes on when the page turns to another face.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-explain]");
  if (!form) return;
  event.preventDefault();
  say(form, "Asking …");
  try {
    const said = await ask(form);
    if (!form.isConnected) return;
    if (said.status === "succeeded") show(form, said);
    else say(form, `This could not be explained. ${said.error}`);
  } catch (error) {
    say(form, error.message || "The server doesn't answer.");
  }
});
document.addEventListener("input", (event) => {
  if (event.target.matches("[data-explain-opacity]")) fade(event.target.form);
});
document.addEventListener("click", (event) => {
  if (event.target.matches("[data-explain-hide]")) hide(event.target.form);
});
