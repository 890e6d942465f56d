// Names in declarations may hold wildcards.

/**
 * @param {string} pattern may hold `*` wildcards
 * @returns {RegExp}
 */
export const patternOf = (pattern) =>
  RegExp(`^${pattern.replace(/\W/g, (sign) => (sign === "*" ? ".*" : "\\" + sign))}$`);
