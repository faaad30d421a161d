// The receipt: copy, only offered where it works. What was sent from this address needs no draft.

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    document.getElementById(button.getAttribute("aria-describedby")).textContent = button.dataset.done;
  });
}
sessionStorage.removeItem(`draft:${location.pathname}`);
