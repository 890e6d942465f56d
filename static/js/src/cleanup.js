// Deletes what refused categories left on the device, by the declared list.

/** @import { Config, Tracker } from "./types.d.ts" */

import { secure } from "./cookie.js";

/**
 * @param {string} pattern may hold `*` wildcards
 * @returns {RegExp}
 */
export const patternOf = (pattern) =>
  new RegExp(`^${pattern.replace(/\W/g, (sign) => (sign === "*" ? ".*" : "\\" + sign))}$`);

/**
 * The Domain attributes a cookie seen on a host may have been set with; none is the host alone.
 * @param {string} host
 * @returns {string[]}
 */
export function domainVariants(host) {
  const labels = host.split(".");
  return ["", ...labels.map((_, index) => "; Domain=" + labels.slice(index).join("."))];
}

/**
 * @param {Config} config
 * @param {(category: string) => boolean} allows
 */
export function deleteRefused(config, allows) {
  for (const tracker of config.trackers) {
    try {
      if (!allows(tracker[1])) deleteItem(tracker, config.cookie);
    } catch {
      // Storage is blocked by the browser, so there is nothing in it either.
    }
  }
}

/**
 * @param {Tracker} tracker
 * @param {string} ours name of the choice cookie, which no pattern may hit
 */
function deleteItem(tracker, ours) {
  const [name, , kind, path = "/"] = tracker;
  const pattern = patternOf(name);
  if (kind === "cookie") {
    const present = document.cookie.split("; ").map((pair) => pair.split("=")[0] || "");
    // A cookie of another path is invisible here, but can be deleted by its name.
    if (path !== "/") present.push(name);
    for (const found of present) {
      if (pattern.test(found) && found !== ours) deleteCookie(found, path);
    }
  } else if (kind === "indexed_db") {
    // Firefox before 126 cannot list them.
    indexedDB.databases?.().then((all) => {
      for (const { name: found = "" } of all) {
        if (pattern.test(found)) indexedDB.deleteDatabase(found);
      }
    });
  } else {
    const storage = kind === "local_storage" ? localStorage : sessionStorage;
    for (const key of Object.keys(storage)) {
      if (pattern.test(key)) storage.removeItem(key);
    }
  }
}

/**
 * @param {string} name
 * @param {string} declaredPath
 */
export function deleteCookie(name, declaredPath) {
  for (const path of ["/", declaredPath]) {
    for (const domain of domainVariants(location.hostname)) {
      document.cookie = `${name}=; Max-Age=0; Path=${path}${domain}${secure()}`;
    }
  }
}
