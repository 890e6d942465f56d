// Before the script runs in a frame of the preview: a browser of its own, as the state needs it.

{
  /** @type {Map<string, string>} */
  const kept = new Map();
  // Frames share an origin; what one of them keeps must not answer for the others.
  Object.defineProperty(window, "localStorage", {
    value: {
      /** @param {string} key */
      getItem: (key) => kept.get(key) ?? null,
      /** @param {string} key @param {string} value */
      setItem: (key, value) => void kept.set(key, value),
      /** @param {string} key */
      removeItem: (key) => void kept.delete(key),
    },
  });
  const { state } = document.currentScript?.dataset || {};
  Object.defineProperty(navigator, "globalPrivacyControl", { value: state === "gpc" });
  Object.defineProperty(navigator, "doNotTrack", { value: null });
}
