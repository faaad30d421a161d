// The queue: keys for those who decide a lot, and reasons prefilled from the rule.
// Keys act only on this page, only alone, and never while someone types.

const typing = (element) => element.closest("textarea, select, input:not([type=radio]), [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || typing(event.target)) return;
  const target = [...document.querySelectorAll("[data-key]")].find((found) => found.dataset.key === event.key.toLowerCase());
  if (!target) return;
  event.preventDefault();
  target.focus();
  target.click();
});

const reasons = document.getElementById("reasons");
let filled = reasons?.value ?? "";
for (const rule of document.querySelectorAll("[data-reason]")) {
  rule.addEventListener("change", () => {
    if (reasons.value.trim() && reasons.value !== filled) return;
    reasons.value = filled = rule.dataset.reason;
  });
}
