// Installs our styles under `style-src 'self'`, where neither <style> nor style attributes count.

import css from "./style.css";
import { THEME, config } from "./config.js";

/** The site's colours and shapes, as the service spells them, and what is made of them. */
export function installStyle() {
  // Safari before 16.4 has none: everything is there and works, plain.
  if (document.adoptedStyleSheets) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css + config[THEME]);
    document.adoptedStyleSheets.push(sheet);
  }
}
