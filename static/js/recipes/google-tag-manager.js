// Google Tag Manager: an event for your triggers, each time that a choice is known or changes. It
// goes beside Consent Mode, which the script speaks itself: [signals] google = "basic".
// The container waits for any of the categories that it has tags of:
// <script type="text/plain" data-consent="ads|analytics">…</script>

(() => {
  function tell() {
    const { choices } = window.consent.state;
    const allowed = Object.keys(choices).filter((category) => choices[category]);
    (window.dataLayer = window.dataLayer || []).push({ event: "consent_known", consent: allowed });
  }

  document.addEventListener("consent:ready", tell);
  document.addEventListener("consent:change", tell);
  if (window.consent?.state) tell();
})();
