// Deletes what refused categories left on the device, by the declared list.

/** @import { Tracker } from "./types.d.ts" */

import { COOKIE, TRACKERS, config } from "./config.js";
import { cookies, deleteCookie } from "./cookie.js";

/** @param {(category: string) => boolean} allows */
export function deleteRefused(allows) {
  for (const tracker of config[TRACKERS]) {
    try {
      if (!allows(tracker[1])) deleteItem(tracker);
    } catch {
      // Storage is blocked by the browser, so there is nothing in it either.
    }
  }
}

/** @param {Tracker} tracker */
function deleteItem([pattern, , kind, path = "/", hidden]) {
  /** @param {unknown[]} names @param {(name: string) => void} remove */
  const removeFrom = (names, remove) =>
    /** @type {string[]} */ (names).filter((name) => RegExp(pattern).test(name)).forEach(remove);
  if (kind === "cookie") {
    removeFrom([...cookies().map(([name]) => name), hidden], (name) => {
      // No pattern may hit the choice itself.
      if (name !== config[COOKIE]) deleteCookie(name, path);
    });
  } else if (kind === "indexedDB") {
    // Firefox before 126 cannot list them.
    indexedDB.databases?.().then((all) =>
      removeFrom(all.map(({ name }) => name), (name) => indexedDB.deleteDatabase(name)),
    );
  } else {
    removeFrom(Object.keys(self[kind]), (name) => self[kind].removeItem(name));
  }
}
