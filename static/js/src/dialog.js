// The second layer in a native <dialog>, which gives modality, Escape and the way back of focus.

import { choose } from "./act.js";
import { buildLayer, element, link, ownButton, paragraph, signalNote } from "./element.js";
import {
  BUTTON_ACCEPT_ALL,
  BUTTON_CLOSE,
  BUTTON_REFUSE_ALL,
  BUTTON_SAVE,
  DIALOG_DETAILS,
  DIALOG_INTRO,
  DIALOG_NECESSARY_LABEL,
  DIALOG_NECESSARY_TEXT,
  DIALOG_TITLE,
} from "./texts.js";
import { config, standing, text } from "./visit.js";

/** Open the second layer. Closing it without one of its buttons changes nothing. */
export function openDialog() {
  if (document.getElementById("consent-dialog")) return;
  const { categories } = config;
  const boxes = categories.map((category) =>
    element("input", {
      type: "checkbox",
      id: "consent-category-" + category.id,
      name: category.id,
      "aria-describedby": "consent-about-" + category.id,
      checked: standing.answers[category.id],
    }),
  );
  /** @param {"refuse_all" | "accept_all" | "save"} control */
  const answer = (control) => () => {
    dialog.close();
    choose(control, "dialog", Object.fromEntries(boxes.map((box) => [box.name, box.checked])));
  };

  const dialog = buildLayer(
    "dialog",
    "dialog",
    DIALOG_TITLE,
    [
      paragraph(text(DIALOG_INTRO)),
      signalNote(),
      ...categories.map((category, index) =>
        element(
          "div",
          { class: "consent-row" },
          element("label", {}, boxes[index], category.label),
          element("p", { id: "consent-about-" + category.id }, category.description),
        ),
      ),
      element(
        "div",
        { class: "consent-row" },
        element("b", {}, text(DIALOG_NECESSARY_LABEL)),
        paragraph(text(DIALOG_NECESSARY_TEXT)),
      ),
      paragraph(link(config.preferences, text(DIALOG_DETAILS))),
      ownButton(BUTTON_CLOSE, "close", () => dialog.close()),
    ],
    [
      ownButton(BUTTON_REFUSE_ALL, "dialog-refuse-all", answer("refuse_all")),
      ownButton(BUTTON_ACCEPT_ALL, "dialog-accept-all", answer("accept_all")),
      ownButton(BUTTON_SAVE, "save", answer("save")),
    ],
  );
  // Safari before 15.4 has no dialogs; the page of the service does the same.
  if (!dialog.showModal) return location.assign(config.preferences);
  dialog.onclose = () => dialog.remove();
  document.body.append(dialog);
  dialog.showModal();
  // Not to the first switch: on a small view that would scroll past what it is about.
  dialog.querySelector("h2")?.focus();
}
