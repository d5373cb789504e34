/** Signs private messages with the key of this peer. */
import type { PeerId } from '#src/domain/ids.js';
import type { HeardMessage } from '#src/domain/mesh/said-news.js';
import type { Credentials, Self } from '#src/domain/self.js';
import { announcerKey } from '#src/wire/announcement.js';
import { messageIdOf, signMessage } from '#src/wire/signed-message.js';

export type Telling = Pick<HeardMessage, 'epoch' | 'sequence' | 'sentAt' | 'text'> & {
  readonly to: PeerId;
};

/** Costs a signature (100 us). */
export function signTell({ to, ...telling }: Telling, self: Self, by: Credentials): HeardMessage {
  const { peerId: author, name } = self;
  const { text, ...numbers } = telling;
  const said = { kind: 'tell', text, to } as const;
  const payload = signMessage({ ...numbers, name, said }, announcerKey(by.keyPem));
  return { ...telling, author, name, id: messageIdOf(payload), payload };
}
