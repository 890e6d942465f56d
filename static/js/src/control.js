// The control on every page: reopens the choice, and withdraws in one click while anything is allowed.

import { withdraw } from "./act.js";
import { openDialog } from "./dialog.js";
import { button, byId, ownButton, root } from "./element.js";
import { BUTTON_WITHDRAW_ALL, CONTROL_LABEL } from "./texts.js";
import { isGranting } from "./unsent.js";
import { answers, text } from "./visit.js";

/**
 * Show the control as it has to be now. A page may offer a place for it (`data-consent-control`);
 * otherwise it floats in the corner, and gives way to the open banner.
 */
export function showControl() {
  const before = byId("controls");
  const hadFocus = before?.contains(document.activeElement);
  before?.remove();
  const place =
    document.querySelector("[data-consent-control]") || (!byId("banner") && document.body);
  if (!place) return;
  const label = text(CONTROL_LABEL);
  const control = button(label, openDialog, "consent-control");
  place.append(
    root(
      "section",
      { id: "consent-controls", "aria-label": label },
      control,
      isGranting(answers) && ownButton(BUTTON_WITHDRAW_ALL, "withdraw-all", withdraw),
    ),
  );
  if (hadFocus) control.focus();
}
