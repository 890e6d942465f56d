// Before the banner's script runs in the frame of a replay: a browser of its own, made of memory.
// The frame is sandboxed, so that it has no storage and no cookies; and nothing may leave it.

{
  /** @type {Map<string, string>} */
  const kept = new Map();
  const storage = {
    /** @param {string} key */
    getItem: (key) => kept.get(key) ?? null,
    /** @param {string} key @param {string} value */
    setItem: (key, value) => void kept.set(key, value),
    /** @param {string} key */
    removeItem: (key) => void kept.delete(key),
  };
  for (const name of ["localStorage", "sessionStorage"])
    Object.defineProperty(window, name, { value: storage });

  /** @type {Map<string, string>} */
  const cookies = new Map();
  Object.defineProperty(document, "cookie", {
    get: () => [...cookies].map((pair) => pair.join("=")).join("; "),
    /** @param {string} text */
    set(text) {
      const [, name = "", value = "", rest = ""] = /^([^=]*)=([^;]*)(.*)$/.exec(text) ?? [];
      if (/max-age=(0|-)/i.test(rest)) cookies.delete(name);
      else cookies.set(name, value);
    },
  });
  Object.defineProperty(navigator, "globalPrivacyControl", { value: false });
  Object.defineProperty(navigator, "doNotTrack", { value: null });
  Object.defineProperty(navigator, "sendBeacon", { value: () => true });
  // What a visitor would see after an act that was recorded; nobody is asked, and nothing is.
  window.fetch = async () =>
    new Response("{}", { status: 201, headers: { "Content-Type": "application/json" } });

  if (document.currentScript?.dataset.layer === "dialog")
    addEventListener("load", () => window.consent?.open?.());
}
