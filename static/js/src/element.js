// Builds elements by hand, which is what a strict content policy and Trusted Types leave us.

import { DIRECTION, LANGUAGE, config } from "./config.js";
import { text } from "./visit.js";

/**
 * @typedef {string | number | boolean | null | undefined} Attribute
 * @typedef {Node | string | false | null | undefined} Child
 */

/**
 * An element with attributes and children. What is empty is left out.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, Attribute>} attributes
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const name in attributes) {
    const value = /** @type {string} */ (attributes[name]);
    if (value) node.setAttribute(name, value);
  }
  node.append(.../** @type {(Node | string)[]} */ (children.filter(Boolean)));
  return node;
}

/**
 * An outermost element: in our language and direction, and out of reach of the page's styles.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, Attribute>} attributes
 * @param {...Child} children
 */
export function root(tag, attributes, ...children) {
  const node = element(tag, attributes, ...children);
  node.lang = config[LANGUAGE];
  node.dir = config[DIRECTION];
  node.className += " consent-ui";
  return node;
}

/** An element of ours that the page has now. @param {string} id without what all begin with */
export const byId = (id) => document.getElementById("consent-" + id);

/** @param {...Child} children */
export const paragraph = (...children) => element("p", {}, ...children);

/**
 * @param {string} href
 * @param {Child} [label]
 */
export const link = (href, label) => element("a", { href }, label);

/**
 * @param {Child} label
 * @param {() => void} onclick
 * @param {string} [id]
 */
export function button(label, onclick, id) {
  const node = element("button", { type: "button", id }, label);
  node.onclick = onclick;
  return node;
}

/**
 * A button with a text of ours and an id that stays.
 * @param {number} label
 * @param {string} id
 * @param {() => void} onclick
 */
export const ownButton = (label, id, onclick) => button(text(label), onclick, "consent-" + id);

/**
 * What there is to read above a row of equal buttons.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, Attribute>} attributes
 * @param {Child[]} content
 * @param {Child[]} buttons
 */
export const panel = (tag, attributes, content, buttons) =>
  root(
    tag,
    attributes,
    element("div", {}, ...content),
    element("div", {}, ...buttons),
  );
