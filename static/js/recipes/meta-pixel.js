// Meta Pixel: sends nothing without consent. Put it in the pixel's code before fbq("init", …), after
// the part that defines fbq; all of it waits: <script type="text/plain" data-consent="ads">…</script>

(() => {
  let isAllowed = false;

  function tell() {
    const was = isAllowed;
    isAllowed = window.consent.allows("ads");
    if (isAllowed !== was) window.fbq("consent", isAllowed ? "grant" : "revoke");
  }

  // Meta asks for this on every page, before "init".
  window.fbq("consent", "revoke");
  document.addEventListener("consent:ready", tell);
  document.addEventListener("consent:change", tell);
  if (window.consent?.state) tell();
})();
