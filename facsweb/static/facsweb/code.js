// A one-time code stands behind the link's `#`, which no server sees: it goes into its field from there.

const field = document.querySelector("input[name=code]");

const take = () => {
  const code = decodeURIComponent(location.hash.slice(1));
  if (field instanceof HTMLInputElement && code) {
    field.value = code;
    history.replaceState(null, "", location.pathname);
  }
};

take();
addEventListener("hashchange", take); // the link was opened where the page was open already
