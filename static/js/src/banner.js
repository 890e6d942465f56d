// The first layer: a named region at the start of the page, with three equal buttons.

import { choose } from "./act.js";
import { openDialog } from "./dialog.js";
import { buildLayer, element, link, ownButton, paragraph, signalNote } from "./element.js";
import { isAsked } from "./state.js";
import {
  BANNER_AGAIN,
  BANNER_INTRO,
  BANNER_POLICY,
  BANNER_PRIVACY,
  BANNER_TITLE,
  BANNER_WITHDRAW,
  BUTTON_ACCEPT_ALL,
  BUTTON_CHOOSE,
  BUTTON_REFUSE_ALL,
  CONTROL_LABEL,
} from "./texts.js";
import { config, standing, text } from "./visit.js";

export const buildBanner = () =>
  buildLayer(
    "section",
    "banner",
    BANNER_TITLE,
    [
      standing.status === "renewal_needed" && paragraph(text(BANNER_AGAIN)),
      paragraph(text(BANNER_INTRO)),
      signalNote(),
      element(
        "ul",
        {},
        ...config.categories
          .filter((category) => isAsked(standing, category))
          .map((category) =>
            element("li", {}, element("strong", {}, category.label), " ", category.description),
          ),
      ),
      paragraph(text(BANNER_WITHDRAW)),
      paragraph(
        link(config.preferences, text(CONTROL_LABEL)),
        link(config.policy, text(BANNER_POLICY)),
        link(config.privacy, text(BANNER_PRIVACY)),
      ),
    ],
    [
      ownButton(BUTTON_REFUSE_ALL, "refuse-all", () => choose("refuse_all", "banner")),
      ownButton(BUTTON_ACCEPT_ALL, "accept-all", () => choose("accept_all", "banner")),
      ownButton(BUTTON_CHOOSE, "choose", openDialog),
    ],
  );
