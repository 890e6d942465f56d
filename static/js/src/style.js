// Installs our styles under `style-src 'self'`, where neither <style> nor style attributes count.

import css from "./style.css";

/**
 * The site's colours and shapes as custom properties, which its own styles may override.
 * @param {Record<string, string | number>} theme
 */
function themeRules(theme) {
  let rules = "";
  for (const [name, value] of Object.entries(theme)) {
    const unit = typeof value == "number" ? "px" : "";
    const rule = `:where(.consent-ui){--consent-${name.replace("_dark", "")}:${value}${unit}}`;
    rules += name.endsWith("_dark") ? `@media(prefers-color-scheme:dark){${rule}}` : rule;
  }
  return rules;
}

/** @param {Record<string, string | number>} theme */
export function installStyle(theme) {
  const rules = themeRules(theme) + css;
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(rules);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  } catch {
    // Safari before 16.4: the content policy lets a script add rules to a sheet of the page.
    const own = [...document.styleSheets].find((sheet) => sheet.href?.startsWith(location.origin));
    own?.insertRule(`@media all{${rules}}`, own.cssRules.length);
  }
}
