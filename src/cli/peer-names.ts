/** What peers are called to the user: by their names, and by the beginning of their ids too where two are called alike. */
import { shortId } from './amounts.js';
import type { Line } from './answer.js';

/** As many as a peer knows; the oldest goes first. */
const MOST_NAMES = 1024;

/** Names are free: one may look as if it had the id of another peer behind it. */
const LIKE_AN_ID = /\(/;

export class PeerNames {
  readonly #names = new Map<string, string>();

  /** What an event or an answer tells of who is called how. */
  learn(line: Line): void {
    switch (line.type) {
      case 'ready':
      case 'peer-up':
      case 'peer-changed':
        return this.#set(line.peerId, line.name);
      case 'transfers':
      case 'transfers-changed':
        for (const { peerId, peerName } of line.transfers) this.#addOld(peerId, peerName);
        return;
      case 'transfer':
        return this.#addOld(line.peerId, line.peerName);
      case 'send-offered':
        return this.#addOld(line.to ?? undefined, line.toName);
      default:
        return;
    }
  }

  /** As he calls himself; the beginning of his id where that is not known. Not to be shown as it is. */
  nameOf(peerId: string): string {
    return this.#names.get(peerId) || shortId(peerId);
  }

  /** By which the user tells him from all others that he may have heard of. */
  called(peerId: string): string {
    const name = this.#names.get(peerId);
    if (name === undefined || name === '') return shortId(peerId);
    const isShared = [...this.#names].some(([other, its]) => other !== peerId && its === name);
    return isShared || LIKE_AN_ID.test(name) ? `${name} (${shortId(peerId)})` : name;
  }

  /** As he was called when something was written down: what he says by himself is newer. */
  #addOld(peerId: string | undefined, name = ''): void {
    if (peerId === undefined || name === '' || this.#names.has(peerId)) return;
    this.#set(peerId, name);
  }

  #set(peerId: string, name: string): void {
    this.#names.delete(peerId);
    this.#names.set(peerId, name);
    const [oldest] = this.#names.keys();
    if (this.#names.size > MOST_NAMES && oldest !== undefined) this.#names.delete(oldest);
  }
}
