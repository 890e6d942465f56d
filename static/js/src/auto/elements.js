// Holds tags before they load: what they would load is put aside, and put back when it is allowed.

/** @import { Tag } from "../types.d.ts" */

import { standInLine } from "./line.js";
import { wrap } from "./patch.js";
import { trustedUrl } from "./trusted.js";
import { waiting } from "./verdict.js";

/** Attributes that make a browser fetch. */
export const NAMES = ["src", "srcset", "href", "data", "poster"];
/** As browsers name them, mostly like their tags. */
const KINDS = "Script IFrame Image Link Source Media Video Embed Object Track Input".split(" ");
const TAGS = KINDS + ",img,image,audio";
const INSERTING =
  "appendChild insertBefore replaceChild append prepend before after replaceWith replaceChildren";
const { setAttribute, removeAttribute } = Element.prototype;

/** What scripts of the page's own markup are, while they are nothing. @type {WeakMap<Element, any>} */
const types = new WeakMap();

/** @param {Tag} tag */
export const isFrame = (tag) => tag.localName === "iframe";

/**
 * Where an attribute is put aside: of a frame as in marked-up pages, so that it gets a placeholder.
 * @param {Tag} tag
 * @param {string} name
 */
export const asideOf = (tag, name) => (isFrame(tag) ? "data-" : "data-consent-") + name;

/**
 * What has to be allowed before a tag may have this attribute.
 * @param {Tag} tag
 * @param {string} name
 * @param {unknown} value
 * @returns {string[]}
 */
export function waitingFor(tag, name, value) {
  const { localName, rel } = tag;
  if (name === "href" && !/^(image|link|script)$/.test(localName)) return [];
  // Most links only name another page.
  if (localName === "link" && rel && !/style|icon|manifest|pre[cflr]/i.test(rel)) return [];
  const addresses = name.endsWith("set") ? `${value}`.split(/,?\s+/) : [value];
  return addresses.flatMap((address) => waiting(address, tag));
}

/**
 * Who asks for one embed gets it, and nothing else, by a click on the placeholder before it.
 * @param {Element} tag
 */
function isAskedFor(tag) {
  const { type, target } = /** @type {any} */ (self).event || {};
  return type === "click" && target.closest?.(".consent-embed")?.nextSibling?.contains(tag);
}

/**
 * Put an attribute aside if it has to wait.
 * @param {Element & Tag} tag
 * @param {string} given name of the attribute
 * @param {unknown} value
 * @returns {boolean} whether it waits
 */
function hold(tag, given, value) {
  const name = `${given}`.toLowerCase().replace("xlink:", "");
  if (!NAMES.includes(name) || isAskedFor(tag)) return false;
  const categories = waitingFor(tag, name, value);
  const aside = asideOf(tag, name);
  if (!categories.length) {
    if (!isFrame(tag)) removeAttribute.call(tag, aside);
    return false;
  }
  setAttribute.call(tag, aside, `${value}`);
  if (isFrame(tag) && !tag.dataset?.consent) {
    setAttribute.call(tag, "data-consent", categories.join(" "));
  }
  waitOn(tag);
  return true;
}

/** @param {Element & Tag} tag */
const waitOn = (tag) => standInLine(tag, () => release(tag));

/**
 * Put back what may load now.
 * @param {Element & Tag} tag
 * @returns {boolean} whether nothing of it waits any more
 */
function release(tag) {
  let isDone = true;
  // The banner's own script releases frames of the page, together with their placeholders.
  if (isFrame(tag) && tag.getRootNode() === document) return isDone;
  for (const name of NAMES) {
    const aside = asideOf(tag, name);
    const value = tag.getAttribute(aside);
    if (value == null) continue;
    if (waitingFor(tag, name, value).length) {
      isDone = false;
      continue;
    }
    removeAttribute.call(tag, aside);
    if (types.has(tag)) setAttribute.call(tag, "type", types.get(tag));
    // Scripts run in the order of the line, unless they say that it does not matter.
    if (!tag.hasAttribute("async")) /** @type {HTMLScriptElement} */ (tag).async = false;
    setAttribute.call(tag, name, trustedUrl(value));
    // Sound and video that found no source do not look again by themselves.
    /** @type {any} */ (tag.parentNode)?.load?.();
  }
  return isDone;
}

/**
 * Look at what came in another way than by a setter: with markup, as a copy, from another document.
 * @param {any} root
 */
export function sweep(root) {
  if (!root?.querySelectorAll) return;
  for (const tag of [root, ...root.querySelectorAll(TAGS)]) {
    for (const name of NAMES) {
      const value = tag.getAttribute?.(name);
      if (!value || !hold(tag, name, value)) continue;
      removeAttribute.call(tag, name);
      // Without an address a frame goes on loading; another one stops it.
      if (isFrame(tag)) setAttribute.call(tag, name, "about:blank");
      // Firefox heeds the address that the parser found, but also the type.
      if (tag.text != null) {
        types.set(tag, tag.type);
        tag.type = "text/plain";
      }
    }
    if (tag.dataset && !release(tag)) waitOn(tag);
  }
}

export function guardElements() {
  wrap(Element, "setAttribute setAttributeNS", (native, args, tag) => {
    const [name, value] = args.slice(-2);
    if (!hold(tag, name, value)) native(...args);
    // A tag may say whose it is after its address.
    if (name === "data-consent") release(tag);
  });
  wrap(Element, "setAttributeNode setAttributeNodeNS", (native, [node], tag) =>
    hold(tag, node.name, node.value) ? null : native(node),
  );
  for (const kind of KINDS) {
    for (const name of NAMES) {
      wrap(/** @type {any} */ (self)[`HTML${kind}Element`], name, (native, args, tag) => {
        if (!hold(tag, name, args[0])) native(...args);
      });
    }
  }
  const observer = new MutationObserver((records) =>
    records.forEach((record) => record.addedNodes.forEach(sweep)),
  );
  /** @param {Node} root */
  const observe = (root) => observer.observe(root, { childList: true, subtree: true });
  observe(document);
  wrap(Element, "attachShadow", (native, args) => {
    const root = native(...args);
    observe(root);
    return root;
  });
  for (const owner of [Node, Document, Element, DocumentFragment]) {
    wrap(owner, "cloneNode importNode", (native, args) => {
      const copy = native(...args);
      sweep(copy);
      return copy;
    });
    // Content of templates and other documents loads as it enters the page.
    wrap(owner, INSERTING, (native, args) => {
      for (const node of args) if (node?.ownerDocument !== document) sweep(node);
      return native(...args);
    });
  }
}
