/** What a program reads: one JSON object a line, whatever is in its texts. */

/** JSON allows them in texts, and readers of lines, Node's `readline` among them, end a line there. */
const LINE_BREAKS = /[\u2028\u2029]/g;

/** @returns the object as one line, with its end. */
export function jsonLine(said: object): string {
  return `${JSON.stringify(said).replace(LINE_BREAKS, escaped)}\n`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16)}`;
}
