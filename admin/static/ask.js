/** Asks in a dialog before a link or button with `data-asks` does what it does; without it the server asks on a page. */

/** @param {string} name @param {HTMLElement} within @param {string} text */
const say = (name, within, text) => {
  const slot = within.querySelector(`[data-slot=${name}]`);
  if (slot) slot.textContent = text;
};

export function asks() {
  const dialog = /** @type {HTMLDialogElement | null} */ (document.querySelector("[data-ask]"));
  if (!dialog) return;
  document.addEventListener("click", (event) => {
    const asking = /** @type {HTMLElement} */ (event.target).closest("[data-asks]");
    if (asking instanceof HTMLElement) {
      event.preventDefault();
      open(dialog, asking);
    }
  });
}

/** @param {HTMLDialogElement} dialog @param {HTMLElement} asking */
function open(dialog, asking) {
  say("what", dialog, asking.dataset["asks"] ?? "");
  say("why", dialog, asking.dataset["why"] ?? "");
  say("yes", dialog, asking.dataset["yes"] ?? "");
  dialog.returnValue = "";
  dialog.addEventListener("close", () => dialog.returnValue === "yes" && go(asking), { once: true });
  dialog.showModal();
}

/** @param {HTMLElement} asking */
function go(asking) {
  if (asking instanceof HTMLAnchorElement) return post(asking.href);
  const button = /** @type {HTMLButtonElement} */ (asking);
  if (!button.form) return;
  add(button.form, "confirmed", "yes");
  if (button.name) add(button.form, button.name, button.value);
  button.form.submit();
}

/** A link that deletes becomes a form, since opening an address changes nothing. @param {string} address */
function post(address) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = address;
  const token = /** @type {HTMLInputElement | null} */ (document.querySelector("[name=csrf_token]"));
  add(form, "csrf_token", token?.value ?? "");
  document.body.append(form);
  form.submit();
}

/** @param {HTMLFormElement} form @param {string} name @param {string} value */
function add(form, name, value) {
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name, value });
  form.append(field);
}
