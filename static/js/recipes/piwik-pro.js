// Piwik PRO: hands the choice to its consent manager, whose own form stays switched off. Put it after
// the container's code; both wait: <script type="text/plain" data-consent="analytics">…</script>
// Before that nothing is told, since even "no decision yet" sets a cookie there.

(() => {
  /** Piwik PRO's kinds of consent, and our categories. Leave out those that you do not use. */
  const KINDS = {
    analytics: "analytics",
    ab_testing_and_personalization: "personalisation",
    conversion_tracking: "ads",
    remarketing: "ads",
  };

  function tell() {
    const consents = {};
    for (const [kind, category] of Object.entries(KINDS)) {
      consents[kind] = { status: Number(window.consent.allows(category)) };
    }
    window.ppms.cm.api("setComplianceSettings", { consents }, () => {}, console.error);
  }

  document.addEventListener("consent:change", tell);
  tell();
})();
