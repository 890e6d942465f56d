// After the script runs in a frame of the preview: press what leads to the state.

/** @type {Record<string, () => void>} */
const acts = {
  dialog: () => window.consent?.open?.(),
  status: () => document.getElementById("consent-refuse-all")?.click(),
};

const { state = "" } = document.currentScript?.dataset || {};
addEventListener("load", () => acts[state]?.());
