// The guard while somebody types: only the text goes out, and places are blacked out where one writes.

const region = document.getElementById("hinweise");
const area = document.getElementById("text");
const spoken = document.getElementById(`${area.id}-spoken`);

region.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  for (const name of new Set(ctx.request.body.keys())) if (name !== area.name) ctx.request.body.delete(name);
});

// Where the marked words stand in the field, one after the other; none when the text has changed since.
const places = (words) => {
  const found = [];
  let at = 0;
  for (const word of words) {
    const start = area.value.indexOf(word, at);
    if (start < 0) return [];
    at = start + word.length;
    found.unshift([start, at]);
  }
  return found;
};

region.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-black]");
  const found = button ? places([...region.querySelectorAll("mark")].map((mark) => mark.textContent)) : [];
  if (!found.length) return; // the form is sent, and the server blacks out
  event.preventDefault();
  for (const [start, end] of found) area.setRangeText(button.dataset.black, start, end, "preserve");
  area.focus();
  area.dispatchEvent(new Event("input", { bubbles: true }));
  spoken.textContent = spoken.dataset.masked;
  region.replaceChildren();
});
