// Installs our styles under `style-src 'self'`, where neither <style> nor style attributes count.

import css from "./style.css";
import { THEME, config } from "./config.js";

/** The site's colours and shapes, as the service spells them, and what is made of them. */
export function installStyle() {
  const rules = css + config[THEME];
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(rules);
    document.adoptedStyleSheets.push(sheet);
  } catch {
    // Safari before 16.4: the content policy lets a script add rules to a sheet of the page.
    for (const sheet of document.styleSheets) {
      try {
        sheet.insertRule(`@media all{${rules}}`, sheet.cssRules.length);
        break;
      } catch {
        // Another site's.
      }
    }
  }
}
