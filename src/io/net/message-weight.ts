/** What messages cost to hear, in short ones: those of which hundreds in a moment would take a thread's whole time. */
import type { Message } from '#src/wire/message.js';

/** No body, and an answer of nine bytes. */
const PING = 1 / 8;

/** A signature is checked: 140 us, where a short message costs 10 to 20. */
const SIGNED = 10;

export function weightOf(message: Message): number {
  switch (message.type) {
    case 'ping':
    case 'pong':
      return PING;
    case 'direct':
      return message.message.type === 'tell' ? SIGNED : 1;
    case 'mesh':
      if (message.message.type === 'missed') return 1 + SIGNED * message.message.payloads.length;
      return message.message.type === 'gossip' ? SIGNED : 1;
    default:
      return 1;
  }
}
