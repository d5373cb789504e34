/** How something that was sent is called where it may be what did not come of something else at first. */
import { printable } from '#src/domain/printable.js';

/** Two of one name would else seem to be the same sent twice. */
export function nameOf({
  name,
  completes,
}: {
  readonly name: string;
  readonly completes?: string;
}): string {
  return completes === undefined ? printable(name) : `${printable(name)}, the rest of ${completes}`;
}
