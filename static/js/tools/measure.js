/** @import { Config } from "../src/types.d.ts" */
/** @typedef {{ language: string, config: Config }} Drawing */

/**
 * Draw both layers of the banner for one configuration after another, in the page this is
 * evaluated in, and return what was seen of each pair of buttons. Nothing is judged here.
 *
 * @param {{ bundle: string, drawings: Drawing[], breaking?: string }} given
 *   `breaking` is CSS put after ours: for trying what a fault would look like.
 */
const measure = async ({ bundle, drawings, breaking }) => {
  const LOOKS = [
    "color", "backgroundColor", "fontFamily", "fontSize", "fontStyle", "fontWeight",
    "letterSpacing", "lineHeight", "textTransform", "textDecorationLine", "textShadow", "opacity",
    "boxShadow", "filter", "paddingTop", "paddingRight", "paddingBottom", "paddingLeft",
    "borderTopStyle", "borderTopWidth", "borderTopColor", "borderTopLeftRadius",
  ];
  /** @type {Record<string, [string, string]>} */
  const PAIRS = {
    banner: ["consent-refuse-all", "consent-accept-all"],
    dialog: ["consent-dialog-refuse-all", "consent-dialog-accept-all"],
  };

  /** @param {string} text */
  const parse = (text) => (text.match(/[\d.]+/g) || []).map(Number);

  /** @param {string} colour */
  const luminance = (colour) =>
    parse(colour)
      .slice(0, 3)
      .map((channel) => channel / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
      .reduce((sum, value, at) => sum + value * ([0.2126, 0.7152, 0.0722][at] || 0), 0);

  /** @param {string} one @param {string} other */
  const contrast = (one, other) => {
    const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };

  /** The nearest ground that is not see-through. @param {Element | null} node @returns {string} */
  const groundOf = (node) => {
    if (!node) return "rgb(255, 255, 255)";
    const { backgroundColor } = getComputedStyle(node);
    return parse(backgroundColor)[3] === 0 ? groundOf(node.parentElement) : backgroundColor;
  };

  /** @param {HTMLElement} layer @param {string} id */
  const look = (layer, id) => {
    const button = layer.querySelector("#" + id);
    if (!(button instanceof HTMLElement)) return null;
    const style = getComputedStyle(button);
    const box = button.getBoundingClientRect();
    const words = document.createRange();
    words.selectNodeContents(button);
    const lines = new Set([...words.getClientRects()].map((line) => Math.round(line.top)));
    const inner = words.getBoundingClientRect();
    const seen = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    const all = [...layer.querySelectorAll("a[href], button, input, [tabindex='0']")];
    return {
      tag: button.tagName,
      label: button.textContent,
      x: box.x,
      y: box.y,
      width: box.width,
      height: box.height,
      lines: lines.size,
      looks: Object.fromEntries(LOOKS.map((name) => [name, Reflect.get(style, name)])),
      text_contrast: contrast(style.color, groundOf(button)),
      ground_contrast: contrast(groundOf(button), groundOf(button.parentElement)),
      in_view:
        box.x >= 0 && box.y >= 0 && box.right <= innerWidth && box.bottom <= innerHeight,
      on_top: !!seen && button.contains(seen),
      clipped: inner.left < box.left - 1 || inner.right > box.right + 1 ||
        inner.top < box.top - 1 || inner.bottom > box.bottom + 1,
      position: all.indexOf(button),
      focusable: button.tabIndex >= 0 && !button.hasAttribute("disabled"),
    };
  };

  const clear = () => {
    for (const node of document.querySelectorAll("[id^=consent-]")) node.remove();
    document.adoptedStyleSheets = [];
    document.documentElement.removeAttribute("style");
    Reflect.deleteProperty(window, "consent");
  };

  /** @param {string} id */
  const appears = async (id) => {
    for (let turn = 0; turn < 200 && !document.getElementById(id); turn++) {
      await new Promise((resolve) => setTimeout(resolve, turn && 10));
    }
    return document.getElementById(id);
  };

  const seen = [];
  for (const { language, config } of drawings) {
    clear();
    // Otherwise the script asks for the page's own language.
    document.documentElement.lang = language;
    Reflect.set(window, "consent", { config });
    (0, eval)(bundle);
    for (const [layer, [refuse, accept]] of Object.entries(PAIRS)) {
      if (layer === "dialog") document.getElementById("consent-choose")?.click();
      const node = await appears("consent-" + layer);
      if (breaking) {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(breaking);
        document.adoptedStyleSheets.push(sheet);
      }
      const box = node?.getBoundingClientRect();
      seen.push({
        layer,
        language,
        view: [innerWidth, innerHeight],
        covers: box ? (box.width * box.height) / (innerWidth * innerHeight) : 0,
        sideways: document.documentElement.scrollWidth > innerWidth,
        refuse: node && look(node, refuse),
        accept: node && look(node, accept),
      });
    }
  }
  clear();
  return seen;
};
measure;
