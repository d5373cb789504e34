/** What is taken of what a neighbour says of others, and of himself. */
import type { PeerId } from '#src/domain/ids.js';
import type { Contact, MembershipMessage } from './membership-message.js';

/** Whoever speaks of himself does not know where he is reached; whoever hears him does. */
export function fromHere(message: MembershipMessage, from: Contact): MembershipMessage {
  if (message.type !== 'shuffle' || message.origin.peerId !== from.peerId) return message;
  return { ...message, origin: from };
}

/** @returns the message without those who are refused here; undefined where it is about nobody else. */
export function withoutRefused(
  message: MembershipMessage,
  refused: ReadonlySet<PeerId>,
): MembershipMessage | undefined {
  const isWelcome = ({ peerId }: Contact) => !refused.has(peerId);
  switch (message.type) {
    case 'forward-join':
      return isWelcome(message.joiner) ? message : undefined;
    case 'shuffle':
      if (!isWelcome(message.origin)) return undefined;
      return { ...message, sample: message.sample.filter(isWelcome) };
    case 'shuffle-answer':
      return { ...message, sample: message.sample.filter(isWelcome) };
    default:
      return message;
  }
}
