// Holds requests that scripts make themselves: sent once they are allowed, failed once refused.

import { standInLine } from "./line.js";
import { wrap } from "./patch.js";
import { isRefused, waiting } from "./verdict.js";

/**
 * @param {unknown} address
 * @param {() => void} send
 * @param {() => void} fail as if there were no network
 */
function whenAllowed(address, send, fail) {
  const attempt = () => {
    const categories = waiting(address);
    if (!categories.length) send();
    else if (categories.some(isRefused)) fail();
    else return false;
    return true;
  };
  if (!attempt()) standInLine({}, attempt);
}

export function guardRequests() {
  wrap({ prototype: self }, "fetch", (native, args) =>
    new Promise((resolve, reject) => {
      const fail = () => reject(TypeError("Failed to fetch"));
      whenAllowed(args[0]?.url || args[0], () => resolve(native(...args)), fail);
    }),
  );
  wrap(Navigator, "sendBeacon", (native, args) => {
    let isQueued = true;
    whenAllowed(args[0], () => (isQueued = native(...args)), () => {});
    return isQueued;
  });
  /** What was opened, until it is given up or begun anew. @type {WeakMap<XMLHttpRequest, any[]>} */
  const opened = new WeakMap();
  wrap(XMLHttpRequest, "open abort", (native, args, request) => {
    opened.set(request, args);
    native(...args);
  });
  wrap(XMLHttpRequest, "send", (native, args, request) => {
    const given = opened.get(request);
    const send = () => {
      if (opened.get(request) === given) native(...args);
    };
    whenAllowed(given?.[1], send, () => tell(request, "error", "loadend"));
  });
  // A connection cannot wait: these fail at once, and pages try again as they do without a network.
  for (const name of ["WebSocket", "EventSource"]) {
    const native = /** @type {any} */ (self)[name];
    /** @type {any} */ (self)[name] = new Proxy(native, {
      construct(target, args, asked) {
        if (!waiting(args[0]).length) return Reflect.construct(target, args, asked);
        const closed = Object.assign(new EventTarget(), { readyState: native.CLOSED, close() {}, send() {} });
        tell(closed, "error", "close");
        return closed;
      },
    });
  }
}

/**
 * @param {any} target
 * @param {string[]} types of the events it tells of, once the page had time to listen
 */
const tell = (target, ...types) =>
  setTimeout(() => {
    for (const type of types) {
      const event = new Event(type);
      target.dispatchEvent(event);
      if (target.close) target["on" + type]?.(event);
    }
  });
