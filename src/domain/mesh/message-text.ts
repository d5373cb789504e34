/** What may be said: text with something in it, of bounded length, of whole characters. How it is shown is another matter. */
import { P2pError } from '#src/domain/errors.js';
import { LIMITS } from '#src/domain/limits.js';
import { utf8Length } from '#src/domain/utf8-length.js';

/** A lone half of a pair is no character, and cannot be sent as UTF-8. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** @returns the text, or undefined if it is none. */
export function parseText(text: string): string | undefined {
  if (text.length === 0 || LONE_SURROGATE.test(text)) return undefined;
  return utf8Length(text) > LIMITS.messageTextBytes ? undefined : text;
}

/** @throws P2pError `usage`: says what is wrong with what a user typed. */
export function checkedText(text: string): string {
  const parsed = parseText(text);
  if (parsed !== undefined) return parsed;
  throw new P2pError('usage', whyNot(text));
}

function whyNot(text: string): string {
  if (text.length === 0) return 'there is nothing to say: write the text behind the command';
  if (LONE_SURROGATE.test(text)) return 'the text has half a character in it, which cannot be sent';
  const { messageTextBytes: most } = LIMITS;
  return `the text has ${utf8Length(text)} bytes, and a message has ${most} at most: send it as a file`;
}
