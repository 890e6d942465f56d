// Installs our styles under `style-src 'self'`, where neither <style> nor style attributes count.

import css from "./style.css";
import { config } from "./visit.js";

/** The site's colours and shapes, as the service spells them, and what is made of them. */
export function installStyle() {
  const rules = config.theme.css + css;
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
