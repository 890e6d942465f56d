// The second layer in a native <dialog>, which gives modality, Escape and the way back of focus.

import { choose } from "./act.js";
import { CATEGORIES, PREFERENCES, config } from "./config.js";
import { byId, element, link, ownButton, paragraph } from "./element.js";
import { buildLayer, signalNote } from "./layer.js";
import {
  BUTTON_CLOSE,
  BUTTON_SAVE,
  DIALOG_DETAILS,
  DIALOG_INTRO,
  DIALOG_NECESSARY_LABEL,
  DIALOG_NECESSARY_TEXT,
  DIALOG_TITLE,
} from "./texts.js";
import { answers, text } from "./visit.js";

/** Open the second layer. Closing it without one of its buttons changes nothing. */
export function openDialog() {
  if (byId("dialog")) return;
  const necessary = ["", text(DIALOG_NECESSARY_LABEL), text(DIALOG_NECESSARY_TEXT)];
  const rows = [...config[CATEGORIES], necessary].map(([name, label, description]) => {
    const about = "consent-about-" + name;
    // There is nothing to choose where there is no name.
    const box =
      name &&
      element("input", {
        type: "checkbox",
        id: "consent-category-" + name,
        name,
        "aria-describedby": about,
        checked: answers[name],
      });
    return element(
      "div",
      {},
      element(name ? "label" : "b", {}, box, label),
      element("p", { id: about }, description),
    );
  });

  const dialog = buildLayer(
    "dialog",
    "dialog",
    "dialog-",
    DIALOG_TITLE,
    [
      paragraph(text(DIALOG_INTRO)),
      signalNote(),
      ...rows,
      paragraph(link(config[PREFERENCES], text(DIALOG_DETAILS))),
      ownButton(BUTTON_CLOSE, "close", () => dialog.close()),
    ],
    ownButton(BUTTON_SAVE, "save", () => {
      /** @type {NodeListOf<HTMLInputElement>} */
      const checked = dialog.querySelectorAll(":checked");
      choose("save", "dialog", Array.from(checked, (box) => box.name));
    }),
  );
  // Safari before 15.4 has no dialogs; the page of the service does the same.
  if (!dialog.showModal) return location.assign(config[PREFERENCES]);
  dialog.onclose = () => dialog.remove();
  document.body.append(dialog);
  dialog.showModal();
  // Not to the first switch: on a small view that would scroll past what it is about.
  dialog.querySelector("h2")?.focus();
}
