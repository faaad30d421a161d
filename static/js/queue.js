// The queue: keys for those who decide a lot, and reasons prefilled from the rule.
// A key acts at once, so keys are off until somebody switches them on; never while someone types, nor on touch.

const typing = (element) => element.closest("textarea, select, input:not([type=radio], [type=checkbox])");
const keys = document.getElementById("keys");

const show = () => {
  for (const cap of document.querySelectorAll(".key")) cap.hidden = !keys.checked;
  for (const target of document.querySelectorAll("[data-key]")) {
    if (keys.checked) target.setAttribute("aria-keyshortcuts", target.dataset.key);
    else target.removeAttribute("aria-keyshortcuts");
  }
};

if (matchMedia("(any-pointer: fine)").matches) {
  keys.checked = localStorage.getItem("keys") === "on";
  keys.closest("label").hidden = false;
  show();
  keys.addEventListener("change", () => {
    localStorage.setItem("keys", keys.checked ? "on" : "off");
    show();
  });
  document.addEventListener("keydown", (event) => {
    if (!keys.checked || event.ctrlKey || event.altKey || event.metaKey || event.repeat || typing(event.target)) return;
    const target = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!target) return;
    event.preventDefault();
    target.focus();
    target.click();
  });
}

const reasons = document.getElementById("reasons");
let filled = reasons?.value ?? "";
for (const rule of document.querySelectorAll("[data-reason]")) {
  rule.addEventListener("change", () => {
    if (reasons.value.trim() && reasons.value !== filled) return;
    reasons.value = filled = rule.dataset.reason;
  });
}
