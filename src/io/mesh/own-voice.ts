/** What this peer says to everybody, numbered and signed. */
import type { Saying } from '#src/domain/mesh/said-news.js';
import type { Credentials, Self } from '#src/domain/peers/self.js';
import { type AnnouncerKey, announcerKey } from '#src/wire/announcement.js';
import { type Said, signMessage } from '#src/wire/signed-message.js';

export class OwnVoice {
  readonly #self: Self;
  readonly #key: AnnouncerKey;
  /** Of this life: what is said in passing is numbered anew in each. */
  readonly #epoch = Date.now();
  #passing = 0;

  constructor(self: Self, credentials: Credentials) {
    this.#self = self;
    this.#key = announcerKey(credentials.keyPem);
  }

  /** What everybody keeps; whoever says it has numbered it. @returns what travels */
  lasting({ text, ...numbers }: Saying): Uint8Array {
    return this.#signed(numbers, { kind: 'say', text });
  }

  /** What everybody hears and nobody keeps. @returns what travels */
  passing(said: Said): Uint8Array {
    this.#passing += 1;
    const numbers = { epoch: this.#epoch, sequence: this.#passing, sentAt: Date.now() };
    return this.#signed(numbers, said);
  }

  #signed(numbers: Omit<Saying, 'text'>, said: Said): Uint8Array {
    return signMessage({ ...numbers, name: this.#self.name, said }, this.#key);
  }
}
