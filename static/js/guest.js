// Writing without an account: the device solves a riddle. Before the widget is defined: it finds words and worker.

const widget = document.querySelector("altcha-widget");
const { label, working, done, wait, failed, worker } = widget.dataset;
globalThis.$altcha.i18n.set("de", {
  ...globalThis.$altcha.i18n.get("de"),
  label,
  verifying: working,
  verified: done,
  waitAlert: wait,
  verificationRequired: wait,
  error: failed,
});
globalThis.$altcha.algorithms.set("PBKDF2/SHA-256", () => new Worker(worker));
globalThis.$altcha.defaults.set({ hideLogo: true, hideFooter: true, humanInteractionSignature: false, minDuration: 0 });

// A riddle that has expired is followed by a new one; one that cannot be solved stands in nobody's way.
widget.addEventListener("expired", () => widget.verify());
widget.addEventListener("statechange", ({ detail }) => {
  if (detail.state !== "error") return;
  const box = widget.querySelector("input[type=checkbox]");
  box.required = false;
  box.setCustomValidity("");
});
