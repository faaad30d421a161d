// Cards: keys for whoever has a keyboard (they can be switched off), and what happened is said aloud.
// A key presses the button that names it; never while someone types, never the same key twice at once.

const keys = document.getElementById("tasten");
const typing = (element) => element.closest("textarea, select, input:not([type=checkbox])");
const show = () => {
  document.documentElement.classList.toggle("with-keys", keys.checked);
  for (const button of document.querySelectorAll("[data-key]")) {
    if (keys.checked) button.setAttribute("aria-keyshortcuts", button.dataset.key);
    else button.removeAttribute("aria-keyshortcuts");
  }
};

if (matchMedia("(any-pointer: fine)").matches) {
  keys.checked = localStorage.getItem("cards") !== "off";
  keys.closest("label").hidden = false;
  show();
  keys.addEventListener("change", () => {
    localStorage.setItem("cards", keys.checked ? "on" : "off");
    show();
  });
  document.addEventListener("keydown", (event) => {
    if (!keys.checked || event.ctrlKey || event.altKey || event.metaKey || event.repeat || typing(event.target)) return;
    const button = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!button || document.querySelector(".deck .htmx-request")) return;
    event.preventDefault();
    button.click();
  });
}

// The address follows the card: coming back, one finds it again.
const stay = () => history.replaceState(history.state, "", document.getElementById("deck").dataset.here);
stay();

document.addEventListener("htmx:after:swap", () => {
  show();
  stay();
  document.getElementById("gesagt").textContent = document.getElementById("deck").dataset.said ?? "";
});
