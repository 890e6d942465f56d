// The line of what waits for consent: all that is let through goes in the order it came.

/** @type {Map<object, () => boolean>} */
const line = new Map();

/**
 * @param {object} one stands in line once
 * @param {() => boolean} attempt is called when the choice changes, until it says that it is done
 */
export const standInLine = (one, attempt) => void line.set(one, attempt);

export function moveOn() {
  for (const [one, attempt] of [...line]) if (safely(attempt)) line.delete(one);
}

/**
 * Nothing that goes wrong with one keeps the others from being held, or let through.
 * @param {() => unknown} act
 */
export function safely(act) {
  try {
    return act();
  } catch (error) {
    console.error(error);
    return true;
  }
}
