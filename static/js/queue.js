// The queue: keys, reasons prefilled from the rule, places to black out by marking them. A key acts at once: off
// until switched on, never while someone types, nor on touch, nor while a decision is on its way.

const one = (css) => document.querySelector(css);
const typing = (element) => element.closest("textarea, select, input:not([type=radio], [type=checkbox])");
const able = matchMedia("(any-pointer: fine)").matches;
let on = able && localStorage.getItem("keys") === "on";
let marked = "";

const show = () => {
  for (const cap of document.querySelectorAll(".key")) cap.hidden = !on;
  for (const target of document.querySelectorAll("[data-key]")) {
    if (on) target.setAttribute("aria-keyshortcuts", target.dataset.key);
    else target.removeAttribute("aria-keyshortcuts");
  }
  for (const box of document.querySelectorAll("#keys, #alle")) box.closest("label").hidden = box.id === "keys" && !able;
  if (one("#keys")) one("#keys").checked = on;
  if (one("#mark")) one("#mark").hidden = false;
  const here = one(".queue__item [aria-current]")?.parentElement;
  if (here) here.closest("nav").scrollTop = here.offsetTop - 100;
  preview();
};

const preview = () => {
  const [shown, places] = [one("#preview"), one("#places")];
  if (!shown) return;
  let text = one(".case__text").textContent;
  for (const place of places.value.split("\n").map((line) => line.trim())) {
    if (place) text = text.replaceAll(place, shown.dataset.black);
  }
  shown.hidden = !places.value.trim();
  shown.textContent = text;
};

const choose = () => {
  const chosen = getSelection();
  if (one(".case__text")?.contains(chosen.anchorNode)) marked = String(chosen).trim();
};

const mark = () => {
  const places = one("#places");
  choose();
  places.closest("details").open = true;
  if (!marked) return places.focus();
  if (!places.value.split("\n").includes(marked)) places.value = `${places.value.trimEnd()}\n${marked}`.trimStart();
  preview();
};

document.addEventListener("selectionchange", choose);
document.addEventListener("input", ({ target }) => target.id === "places" && preview());
document.addEventListener("click", ({ target }) => target.closest("#mark") && mark());
document.addEventListener("change", ({ target }) => {
  if (target.id === "keys") {
    on = target.checked;
    localStorage.setItem("keys", on ? "on" : "off");
    show();
  }
  if (target.id === "alle") {
    for (const box of document.querySelectorAll("[name=beitrag]:enabled")) box.checked = target.checked;
  }
  const reasons = one("#reasons");
  if (target.dataset.reason && (!reasons.value.trim() || reasons.value === reasons.dataset.filled)) {
    reasons.value = reasons.dataset.filled = target.dataset.reason;
  }
});
document.addEventListener("keydown", (event) => {
  if (!on || event.ctrlKey || event.altKey || event.metaKey || event.repeat || typing(event.target)) return;
  const target = one(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!target || one(".htmx-request")) return;
  event.preventDefault();
  if (target.id !== "mark") target.focus();
  target.click();
});

// What was done is said aloud from one place that stays.
const said = one("#gesagt") ?? one("#inhalt").insertAdjacentElement("beforebegin", document.createElement("p"));
Object.assign(said, { id: "gesagt", className: "said" }).setAttribute("role", "status");
document.addEventListener("htmx:config:request", () => said.replaceChildren());
document.addEventListener("htmx:after:swap", () => {
  marked = "";
  show();
  scrollTo(0, 0);
  const start = one("main [autofocus]") ?? one("main h1");
  start.tabIndex = -1;
  start.focus();
});
show();
