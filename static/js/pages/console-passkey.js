// Make or use a passkey: the form has the server's options, and sends back what the device says.
// Without this script, or without passkeys in the browser, the form stays hidden.
for (const form of document.querySelectorAll("form[data-passkey]")) {
  const isKnown = window.PublicKeyCredential?.parseRequestOptionsFromJSON !== undefined;
  const part = form.closest("[data-passkey-part]");
  if (!isKnown || !part) continue;
  part.hidden = false;
  document.querySelector("[data-passkey-none]")?.remove();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(form);
  });
}

/** @param {HTMLFormElement} form */
async function ask(form) {
  const options = JSON.parse(form.dataset.options);
  const failed = form.querySelector("[data-passkey-failed]");
  failed.hidden = true;
  try {
    const credential =
      form.dataset.passkey === "create"
        ? await navigator.credentials.create({
            publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
          })
        : await navigator.credentials.get({
            publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
          });
    form.elements.namedItem("credential").value = JSON.stringify(credential);
    form.submit();
  } catch {
    failed.hidden = false; // the person cancelled, or the device has none
  }
}
