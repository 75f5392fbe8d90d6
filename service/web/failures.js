/** What to tell a person about an error. */

import { Problem } from "./api.js";
import { say } from "./i18n.js";

/** True for what the person stopped. */
export const isStopped = (error) => error.name === "AbortError";

/** One line; a bug of ours goes to the console as well. */
export function describe(error) {
  if (!(error instanceof Problem)) console.error(error);
  return error.cause ? say(`failed_${error.cause}`) : error.message;
}
