// On the preference page, after an act there: an older act that a page of the site could not send
// is superseded, and must not be sent after this one.
{
  const settledAt = Number(document.currentScript.dataset.at);
  try {
    const unsent = JSON.parse(localStorage.getItem("consent-unsent"));
    if (unsent.at <= settledAt) localStorage.removeItem("consent-unsent");
  } catch {
    // Nothing is kept, or the browser keeps nothing.
  }
}
