// Microsoft Advertising (UET): tells its tag whether it may store anything. Put it before the tag,
// which itself waits: <script type="text/plain" data-consent="ads">…</script>

(() => {
  const uetq = (window.uetq = window.uetq || []);

  function tell() {
    const isAllowed = window.consent.allows("ads");
    // Looked up each time: the tag puts an object of its own in the place of the list.
    window.uetq.push("consent", "update", { ad_storage: isAllowed ? "granted" : "denied" });
  }

  uetq.push("consent", "default", { ad_storage: "denied" });
  document.addEventListener("consent:ready", tell);
  document.addEventListener("consent:change", tell);
  if (window.consent?.state) tell();
})();
