/** Texts of others, made safe to look at: they are put in as text alone, and what would hide or turn it around is visible. */
import { printable } from '#src/domain/printable.js';

/** What turns the direction of reading around, and controls but for tabs and line feeds. */
const TURNING = /[\u202a-\u202e\u2066-\u2069]|(?![\t\n])\p{Cc}/gu;

/** Of a peer, a file, a reason: one line. */
export function shownName(name: string): string {
  return printable(name);
}

/** A shown name inside a sentence that is one text: between FSI and PDI (UAX #9) its letters reorder nothing else. */
export function isolated(shown: string): string {
  return `\u2068${shown}\u2069`;
}

/** Of several lines, in which emoji and scripts have what joins them. */
export function shownText(text: string): string {
  return text.replace(TURNING, printable);
}

/** Ids are long; as many characters as the terminal shows. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}
