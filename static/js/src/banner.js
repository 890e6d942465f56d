// The first layer: a named region at the start of the page, with three equal buttons.

import { choose } from "./act.js";
import { openDialog } from "./dialog.js";
import { buildLayer, element, link, ownButton, paragraph, signalNote } from "./element.js";
import { isAsked } from "./state.js";
import { config, standing, text } from "./visit.js";

export const buildBanner = () =>
  buildLayer(
    "section",
    "banner",
    [
      standing.status === "renewal_needed" && paragraph(text("banner.again")),
      paragraph(text("banner.intro")),
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
      paragraph(
        text("banner.withdraw"),
        " ",
        link(config.preferences, text("control.label")),
        " ",
        link(config.policy, text("banner.policy")),
        " ",
        link(config.privacy, text("banner.privacy")),
      ),
    ],
    [
      ownButton("refuse_all", () => choose("refuse_all", "banner")),
      ownButton("accept_all", () => choose("accept_all", "banner")),
      ownButton("choose", openDialog),
    ],
  );
