// What the page says of a result: elements built by hand, in the words that it came with.

/** @typedef {import("./check.js").Result} Result */
/** @typedef {import("./check.js").Step} Step */

/**
 * @typedef {object} Words
 * @property {string} language
 * @property {string} controller
 * @property {{ id: string, name: string }} site
 * @property {Record<string, string>} texts
 */

/** @typedef {Node | string | false | null | undefined} Child */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Record<string, string>} attributes @param {Child[]} children
 */
export function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(.../** @type {(Node | string)[]} */ (children.filter(Boolean)));
  return node;
}

/** @param {Words} words @param {string} key @param {Record<string, string | number>} [values] */
export function say(words, key, values = {}) {
  const text = words.texts[key] ?? key;
  return text.replace(/\{([a-z_]+)\}/g, (whole, name) => `${values[name] ?? whole}`);
}

/** An instant in words, to the second. @param {Words} words @param {number} millis */
const instant = (words, millis) => `${inWords(words, millis, { timeStyle: "medium" })} UTC`;

/** The day that an instant ends. @param {Words} words @param {number} millis */
const dayBefore = (words, millis) => inWords(words, millis - 1, {});

/** @param {Words} words @param {number} millis @param {Intl.DateTimeFormatOptions} options */
const inWords = ({ language }, millis, options) =>
  new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
    dateStyle: "long",
    timeZone: "UTC",
    hourCycle: "h23",
    ...options,
  }).format(millis);

/** @param {Words} words @param {string} name @param {string} key of what went wrong */
export const faultCard = (words, name, key) =>
  card(words, name, "unread", say(words, `verify.fault.${key}`));

/** @param {Words} words @param {string} name @param {Result} result */
export function resultCard(words, name, result) {
  const { verdict, steps, record, verbatim, notice } = result;
  // What was shown for a record that is not genuine is beside the point.
  const told = verdict === "wrong" ? steps.filter((one) => !one.key.startsWith("notice")) : steps;
  return card(
    words,
    name,
    verdict,
    say(words, `verify.verdict.${verdict}.text`),
    verdict !== "wrong" && record?.type === "consent" && actPart(words, record, notice),
    element("h3", {}, say(words, "verify.steps")),
    element("ul", { class: "checks" }, ...told.map((step) => stepItem(words, step))),
    verdict !== "wrong" && notice && record && noticePart(words, record, notice),
    verbatim &&
      element(
        "details",
        {},
        element("summary", {}, say(words, "verify.verbatim")),
        element("pre", { class: "digest", tabindex: "0" }, verbatim),
      ),
  );
}

/** @param {Words} words @param {string} name @param {string} verdict @param {Child[]} content */
function card(words, name, verdict, ...content) {
  return element(
    "article",
    { class: `verdict ${verdict}` },
    element("p", { class: "file" }, say(words, "verify.checked", { name })),
    element("h2", { tabindex: "-1" }, say(words, `verify.verdict.${verdict}`)),
    ...content.map((one) => (typeof one === "string" ? element("p", {}, one) : one)),
  );
}

/** @param {Words} words @param {Step} step */
function stepItem(words, { key, holds, values = {} }) {
  const outcome = holds === null ? "told" : holds ? "holds" : "fails";
  const shown = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === "number" ? instant(words, value) : value,
  ]);
  const sentence = say(words, `verify.step.${key}.${outcome}`, Object.fromEntries(shown));
  return element(
    "li",
    { class: outcome },
    element("strong", {}, say(words, `verify.${outcome}`)),
    ` ${sentence}`,
  );
}

/**
 * What was chosen, when and how.
 *
 * @param {Words} words @param {Record<string, any>} record @param {Result["notice"]} notice
 */
function actPart(words, record, notice) {
  const facts = {
    what: say(words, `event.${record.event}`),
    when: instant(words, record.at),
    how: `${say(words, `act.${record.control}`)} · ${say(words, `layer.${record.layer}`)}`,
    until: say(words, "verify.fact.until_end", { date: dayBefore(words, record.valid_until) }),
    site: record.site === words.site.id ? words.site.name : record.site,
  };
  return element(
    "div",
    {},
    element(
      "dl",
      { class: "facts" },
      ...Object.entries(facts).map(([name, value]) =>
        element(
          "div",
          {},
          element("dt", {}, say(words, `verify.fact.${name}`)),
          element("dd", {}, value),
        ),
      ),
    ),
    element(
      "ul",
      { class: "answers" },
      ...categoryIds(record, notice).map((id) => answerItem(words, record, notice, id)),
    ),
  );
}

/**
 * One answer, with the category's name in the reader's language and, if other, as it was shown.
 *
 * @param {Words} words @param {Record<string, any>} record @param {Result["notice"]} notice
 * @param {string} id
 */
function answerItem(words, record, notice, id) {
  const allowed = record.choices[id];
  const labels = categoryOf(notice, id)?.label ?? {};
  const shown = labels[record.language] ?? id;
  const known = labels[words.language] ?? shown;
  const asShown = element("span", { lang: record.language }, shown);
  const answer = allowed ? "allowed" : "refused";
  return element(
    "li",
    { class: answer },
    known === shown
      ? asShown
      : element("span", {}, `${known} (${say(words, "verify.shown_as")} `, asShown, ")"),
    " ",
    element("strong", {}, say(words, `page.current.${answer}`)),
  );
}

/**
 * In the order in which they were shown, if that is known; a record has them by the alphabet.
 *
 * @param {Record<string, any>} record @param {Result["notice"]} notice @returns {string[]}
 */
function categoryIds(record, notice) {
  const shown = (notice?.document["categories"] ?? []).map((/** @type {any} */ one) => one.id);
  const chosen = Object.keys(record.choices);
  const known = shown.filter((/** @type {string} */ id) => chosen.includes(id));
  return [...known, ...chosen.filter((id) => !known.includes(id))];
}

/** @param {Result["notice"]} notice @param {string} id */
const categoryOf = (notice, id) =>
  (notice?.document["categories"] ?? []).find((/** @type {any} */ one) => one.id === id);

/**
 * The text as it was shown then, in the language it was shown in.
 *
 * @param {Words} words @param {Record<string, any>} record
 * @param {NonNullable<Result["notice"]>} notice
 */
function noticePart(words, record, { document: shown, published }) {
  const texts = shown["texts"]?.[record.language] ?? {};
  const controller = shown["controller"]?.name ?? words.controller;
  const keys = LAYERS[record.layer] ?? [];
  const paragraphs = keys.map((key) => (texts[key] ?? "").replaceAll("{controller}", controller));
  const [title, ...rest] = paragraphs.filter(Boolean);
  return element(
    "section",
    {},
    element("h3", {}, say(words, "verify.shown")),
    element("p", {}, say(words, "verify.shown.text", { date: published })),
    element(
      "div",
      { class: "facsimile", lang: record.language },
      title && element("p", { class: "title" }, title),
      ...rest.map((one) => element("p", {}, one)),
      element(
        "ul",
        { class: "purposes" },
        ...(shown["categories"] ?? []).map((/** @type {any} */ one) =>
          element(
            "li",
            {},
            element("strong", {}, one.label?.[record.language] ?? one.id),
            ` ${one.description?.[record.language] ?? ""}`,
          ),
        ),
      ),
    ),
  );
}

/** @type {Record<string, string[]>} Which texts stood above the categories, by layer. */
const LAYERS = {
  banner: ["banner.title", "banner.intro", "banner.withdraw"],
  dialog: ["dialog.title", "dialog.intro"],
  page: ["page.form.heading", "page.form.intro"],
};
