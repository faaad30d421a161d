// Writing: counts what is left, and keeps a draft in this tab so that nothing typed is lost.

const graphemes = (text) =>
  typeof Intl.Segmenter === "function"
    ? [...new Intl.Segmenter("de", { granularity: "grapheme" }).segment(text)].length
    : [...text].length;

for (const area of document.querySelectorAll("textarea[data-limit]")) {
  const limit = Number(area.dataset.limit);
  const count = document.getElementById(`${area.id}-count`);
  const spoken = document.getElementById(`${area.id}-spoken`);
  const key = `draft:${location.pathname}`;
  let timer;

  const update = () => {
    const left = limit - graphemes(area.value.trim());
    const words = left < 0 ? count.dataset.over : count.dataset.left;
    count.textContent = words.replace("{n}", Math.abs(left).toLocaleString("de").replace(".", "\u202f"));
    count.classList.toggle("is-over", left < 0);
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (left < 200) spoken.textContent = count.textContent;
    }, 800);
    if (area.value) sessionStorage.setItem(key, area.value);
    else sessionStorage.removeItem(key);
  };

  if (!area.value) area.value = sessionStorage.getItem(key) ?? "";
  area.addEventListener("input", update);
  count.hidden = false;
  update();
}
