// The first layer: a named region at the start of the page, with three equal buttons.

import { CATEGORIES, POLICY, PREFERENCES, PRIVACY, config } from "./config.js";
import { openDialog } from "./dialog.js";
import { element, link, ownButton, paragraph } from "./element.js";
import { buildLayer, signalNote } from "./layer.js";
import { isAsked } from "./state.js";
import {
  BANNER_AGAIN,
  BANNER_INTRO,
  BANNER_POLICY,
  BANNER_PRIVACY,
  BANNER_TITLE,
  BANNER_WITHDRAW,
  BUTTON_CHOOSE,
  CONTROL_LABEL,
} from "./texts.js";
import { answers, decidedOn, text } from "./visit.js";

export const buildBanner = () =>
  buildLayer(
    "section",
    "banner",
    "",
    BANNER_TITLE,
    [
      decidedOn && paragraph(text(BANNER_AGAIN)),
      paragraph(text(BANNER_INTRO)),
      signalNote(),
      ...config[CATEGORIES]
        .filter((category) => isAsked(answers, category))
        .map(([, label, description]) => paragraph(element("strong", {}, label), " ", description)),
      paragraph(text(BANNER_WITHDRAW)),
      paragraph(
        link(config[PREFERENCES], text(CONTROL_LABEL)),
        link(config[POLICY], text(BANNER_POLICY)),
        link(config[PRIVACY], text(BANNER_PRIVACY)),
      ),
    ],
    ownButton(BUTTON_CHOOSE, "choose", openDialog),
  );
