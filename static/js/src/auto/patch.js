// Puts our code before the browser's own. What the browser does not have is left out.

/**
 * @param {any} owner a class
 * @param {string} names of methods of its objects, or of what can be set on them
 * @param {(native: (...args: any[]) => any, args: any[], target: any) => any} around
 */
export function wrap(owner, names, around) {
  for (const name of names.split(" ")) {
    const own = owner && Object.getOwnPropertyDescriptor(owner.prototype, name);
    const part = own?.set ? "set" : "value";
    const native = own?.[part];
    if (!native) continue;
    /** @this {any} @param {any[]} args */
    const ours = function (...args) {
      return around((...given) => native.apply(this, given), args, this);
    };
    Object.defineProperty(owner.prototype, name, { ...own, [part]: ours });
  }
}
