// The queue: keys for those who decide a lot, and reasons prefilled from the rule.
// Keys act only on this page, only alone, never while someone types, and can be switched off.

const typing = (element) => element.closest("textarea, select, input:not([type=radio], [type=checkbox])");
const keys = document.getElementById("keys");

if (keys) {
  keys.checked = localStorage.getItem("keys") !== "off";
  keys.closest("label").hidden = false;
  keys.addEventListener("change", () => localStorage.setItem("keys", keys.checked ? "on" : "off"));
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
