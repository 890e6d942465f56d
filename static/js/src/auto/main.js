// Entry of the automatic blocker. It has to run before anything else on the page.

/** @import { Change } from "../types.d.ts" */

import { guardElements } from "./elements.js";
import { moveOn, safely } from "./line.js";
import { guardMarkup } from "./markup.js";
import { guardRequests } from "./requests.js";
import { guardStorage } from "./storage.js";
import { heed, isSecond, readAnswers } from "./verdict.js";

if (!isSecond) {
  readAnswers();
  [guardElements, guardMarkup, guardRequests, guardStorage].forEach(safely);
  for (const type of ["consent:ready", "consent:change"]) {
    document.addEventListener(type, (event) => {
      heed(/** @type {CustomEvent<Change>} */ (event));
      moveOn();
    });
  }
  // Where the banner's script is missing, nobody else tells of a choice made meanwhile.
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) readAnswers();
  });
}
