// Matomo: nothing is tracked without consent. Put it before the tracking code, which may then stand
// in the page as it is; to have it contact your Matomo only with consent, let it wait as well:
// <script type="text/plain" data-consent="analytics">…</script>

(() => {
  const paq = (window._paq = window._paq || []);
  let isAllowed = false;

  function tell() {
    const was = isAllowed;
    isAllowed = window.consent.allows("analytics");
    // Looked up each time: the tracker puts an object of its own in the place of the list.
    // `setConsentGiven` is for who keeps the choice himself, `remember…` would set a cookie more.
    if (isAllowed !== was) window._paq.push([isAllowed ? "setConsentGiven" : "forgetConsentGiven"]);
  }

  paq.push(["requireConsent"]);
  document.addEventListener("consent:ready", tell);
  document.addEventListener("consent:change", tell);
  if (window.consent?.state) tell();
})();
