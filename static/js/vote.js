// Votes and stances without a reload: a button's own address counts, and a "no" is shown where it happened.

const show = (form, children) => {
  const note = document.createElement("div");
  note.className = "vote__note";
  note.setAttribute("role", "alert");
  note.append(...children);
  form.querySelector(".vote__note")?.remove();
  form.append(note);
};

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const form = ctx.sourceElement;
  if (form.matches?.("form.vote")) {
    ctx.request.action = ctx.request.submitter?.getAttribute("formaction") ?? form.getAttribute("action");
  }
});

document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  const refusal = new DOMParser().parseFromString(ctx.text, "text/html").querySelector("#refusal");
  if (refusal && ctx.sourceElement.matches("form")) show(ctx.sourceElement, refusal.childNodes);
});

// No answer at all: send the form the ordinary way, the browser says what is wrong.
document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  const { form, submitter } = ctx?.request ?? {};
  if (!form || ctx.response) return;
  const button = document.createElement("input");
  Object.assign(button, { type: "hidden", name: submitter?.name ?? "", value: submitter?.value ?? "" });
  form.append(button);
  form.action = submitter?.getAttribute("formaction") ?? form.action;
  form.submit();
});
