// Our Trusted Types policy: it only passes on what the page itself gave us.

/** @param {string} value */
const same = (value) => value;
/** @type {Required<Omit<TrustedRules, "createScript">>} */
let rules;

function trusted() {
  if (!rules) {
    rules = { createHTML: same, createScriptURL: same };
    try {
      // @ts-expect-error what the browser makes of the rules has all of them
      rules = trustedTypes.createPolicy("consent-auto", rules);
    } catch {
      // There are none, or the page does not name our policy: where enforced, what waits stays so.
    }
  }
  return rules;
}

/** @param {string} address */
export const trustedUrl = (address) => trusted().createScriptURL(address);

/** @param {string} markup */
export const trustedMarkup = (markup) => trusted().createHTML(markup);
