// Fills texts, and picks the language to ask for.

/**
 * A text with its {placeholders} filled; an unknown one stays as it is, so that it is noticed.
 * @param {string | undefined} text
 * @param {Record<string, unknown>} values
 */
export const fill = (text = "", values) =>
  text.replace(/{(\w+)}/g, (whole, name) => `${values[name] ?? whole}`);

/**
 * The offered language to ask for because the page is in it and the script is not; "" for none.
 * @param {string} page the document's `lang`
 * @param {string} current
 * @param {string[]} offered
 */
export function otherLanguage(page, current, offered) {
  const wanted = page.toLowerCase();
  const primary = primaryOf(wanted);
  if (primary === primaryOf(current)) return "";
  return offered.find((tag) => tag === wanted) || offered.find((tag) => primaryOf(tag) === primary) || "";
}

/** @param {string} tag */
const primaryOf = (tag) => tag.split("-")[0];
