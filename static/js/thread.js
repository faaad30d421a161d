// The thread: "Link" copies the address of a contribution; what could not be fetched in place is opened as a page.

const said = document.createElement("p");
said.className = "kern-sr-only";
said.setAttribute("role", "status");
document.body.append(said);

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-link]");
  if (!link || !navigator.clipboard || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  await navigator.clipboard.writeText(link.href).catch(() => location.assign(link.href));
  const words = link.textContent;
  said.textContent = link.textContent = `${words} kopiert`;
  setTimeout(() => {
    link.textContent = words;
    said.textContent = "";
  }, 2500);
});

for (const failed of ["htmx:response:error", "htmx:error"]) {
  document.addEventListener(failed, ({ detail: { ctx } }) => {
    if (ctx?.sourceElement?.matches?.("a[href]")) location.assign(ctx.sourceElement.href);
  });
}
