/** What is offered between this peer and others, both ways: who says what of it to whom, put together. */
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type * as Mesh from '#workers/mesh.js';
import type { Givers } from './givers.js';
import { Inbox, type InboxParts } from './inbox.js';
import { Receiving, type ReceivingParts } from './receiving.js';
import { SendSource, type SendSourceParts } from './send-source.js';
import { Sends, type SendsParts } from './sends.js';

type OffersParts = SendSourceParts &
  ReceivingParts &
  Omit<SendsParts, 'source'> &
  Omit<InboxParts, 'receiving'>;

export class Offers {
  readonly sends: Sends;
  readonly inbox: Inbox;
  readonly receiving: Receiving;
  readonly #givers: Givers;

  constructor(parts: OffersParts) {
    this.#givers = parts.givers;
    this.receiving = new Receiving(parts);
    this.sends = new Sends({ ...parts, source: new SendSource(parts) });
    this.inbox = new Inbox({ ...parts, receiving: this.receiving });
  }

  /** Before anybody is heard. */
  async read(): Promise<void> {
    await this.sends.read();
    await this.receiving.read();
    await this.inbox.read();
  }

  /** What earlier starts have left goes on. */
  begin(): void {
    this.sends.begin();
    this.receiving.begin();
  }

  meshRestarted(): void {
    this.#givers.unlinkedAll();
    this.receiving.unlinkedAll();
  }

  /** After the peer table has heard it. */
  hearMesh(said: Mesh.Out): void {
    if (said.type === 'link-up') this.#linked(said.peerId);
    if (said.type === 'link-down') this.#unlinked(said.peerId);
    if (said.type === 'offer-heard') this.inbox.hear(said.offer);
    if (said.type === 'receipt-heard') {
      this.sends.answers.hearReceipt(said.peerId, said.receipt, said.payload);
    }
    if (said.type !== 'direct-heard') return;
    const { peerId, message } = said;
    if (message.type === 'send-answer') {
      const { offerId, again } = message;
      if (again === true) void this.sends.answers.hearAgain(peerId, offerId);
      else this.sends.answers.hearAnswer(peerId, message);
    }
    if (message.type === 'send-progress') {
      this.sends.answers.hearProgress(peerId, message.offerId, message.bytes);
    }
    if (message.type === 'send-sealed') this.receiving.hearSealed(peerId, message);
    if (message.type === 'send-pause') this.receiving.hearPause(peerId, message);
    if (message.type === 'send-end') this.inbox.hearEnd(peerId, message.offerId, message.why);
  }

  stale(id: ContentId): void {
    this.sends.stale(id);
  }

  /** What downloads end from now on goes on at the next start: nobody gave it up. */
  beginClosing(): void {
    this.receiving.beginClosing();
  }

  async close(): Promise<void> {
    await this.sends.close();
    await this.inbox.close();
    await this.receiving.close();
  }

  #unlinked(peer: PeerId): void {
    this.#givers.unlinked(peer);
    this.sends.unlinked(peer);
    this.receiving.unlinked(peer);
  }

  #linked(peer: PeerId): void {
    this.#givers.linked(peer);
    this.sends.linked(peer);
    this.receiving.linked(peer);
  }
}
