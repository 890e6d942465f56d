// Microsoft Clarity: tells it what it may store. Put it before the tag, which itself waits:
// <script type="text/plain" data-consent="analytics">…</script>

(() => {
  window.clarity =
    window.clarity ||
    function () {
      (window.clarity.q = window.clarity.q || []).push(arguments);
    };

  function tell() {
    const say = (category) => (window.consent.allows(category) ? "granted" : "denied");
    // The capital S is Clarity's own spelling.
    window.clarity("consentv2", { ad_Storage: say("ads"), analytics_Storage: say("analytics") });
  }

  document.addEventListener("consent:ready", tell);
  document.addEventListener("consent:change", tell);
  if (window.consent?.state) tell();
})();
