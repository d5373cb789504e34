/** Ends a `switch` that handles every case: the compiler proves this line is never reached. */
export function unreachable(value: never): never {
  throw new Error(`not handled: ${JSON.stringify(value)}`);
}
