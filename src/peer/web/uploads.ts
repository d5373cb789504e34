/** What becomes of uploads: shared or sent from where they lie, and gone once nothing of that is left. */
import { readdir, rm } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { comparePaths } from '#src/domain/content/entries.js';
import { P2pError } from '#src/domain/errors.js';
import { missingAs } from '#src/io/disk/missing.js';
import type { Peer, SendTo } from '#src/peer/api.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { SendRow, Share } from '#src/peer/rows.js';

type Sharer = Pick<Peer, 'share' | 'send' | 'sends'>;

/** What an upload may be called: no step out of the folder. Judged again here, where folders are removed by it. */
const UPLOAD = /^[\w-]+$/;

/** After these an offer may have ended. */
const ENDS: ReadonlySet<PeerEvent['type']> = new Set([
  'send-received',
  'send-failed',
  'offer-answered',
  'transfer',
  'transfer-completed',
  'transfer-failed',
]);

export class Uploads {
  readonly #folder: string;
  /** By upload: the ids of what is shared of it, and of its offers. */
  readonly #uses = new Map<string, Set<string>>();

  /** @param folder where they lie, each in a folder of its own. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws P2pError `not-found`, and as `share` does */
  async share(peer: Sharer, upload: string): Promise<readonly Share[]> {
    const shared: Share[] = [];
    for (const path of await this.#tops(upload)) {
      const share = await peer.share(path);
      this.#use(upload, share.id);
      shared.push(share);
    }
    return shared;
  }

  /** @throws P2pError `not-found`, and as `send` does */
  async send(peer: Sharer, upload: string, options: SendTo): Promise<SendRow> {
    const sent = await peer.send(await this.#tops(upload), options);
    this.#use(upload, sent.offerId);
    return sent;
  }

  /** @throws P2pError `exists` where it is shared or sent */
  async discard(upload: string): Promise<void> {
    if (this.#uses.has(upload)) {
      throw new P2pError('exists', 'it is shared or sent: end that, and it goes by itself');
    }
    await this.#remove(upload);
  }

  /** Resolves once what is over by it has gone. */
  async hear(event: PeerEvent, peer: Sharer): Promise<void> {
    // Offers of earlier starts, of what did not come, and those that were typed, are as good as any.
    if (event.type === 'ready' || event.type === 'send-offered') this.#adopt(peer.sends());
    if (this.#uses.size === 0) return;
    if (event.type === 'share-removed') await this.#ended([event.id]);
    if (!ENDS.has(event.type)) return;
    const closed = peer.sends().filter(({ isOpen }) => !isOpen);
    await this.#ended(closed.map(({ offerId }) => offerId));
  }

  async #ended(ids: readonly string[]): Promise<void> {
    for (const [upload, uses] of this.#uses) {
      for (const id of ids) uses.delete(id);
      if (uses.size > 0) continue;
      this.#uses.delete(upload);
      await this.#remove(upload);
    }
  }

  #adopt(sends: readonly SendRow[]): void {
    for (const { path, offerId, isOpen } of sends) {
      const [upload = ''] = relative(this.#folder, path).split(sep);
      if (isOpen && UPLOAD.test(upload)) this.#use(upload, offerId);
    }
  }

  #use(upload: string, id: string): void {
    const uses = this.#uses.get(upload) ?? new Set();
    this.#uses.set(upload, uses.add(id));
  }

  /** @throws P2pError `bad-name` */
  #folderOf(upload: string): string {
    if (UPLOAD.test(upload)) return join(this.#folder, upload);
    throw new P2pError('bad-name', 'an upload is called by letters, digits, `-` and `_`');
  }

  async #remove(upload: string): Promise<void> {
    await rm(this.#folderOf(upload), { recursive: true, force: true });
  }

  async #tops(upload: string): Promise<readonly string[]> {
    const folder = this.#folderOf(upload);
    const names = await readdir(folder).catch(missingAs([]));
    if (names.length > 0) return names.toSorted(comparePaths).map((name) => join(folder, name));
    throw new P2pError('not-found', `nothing was uploaded as ${upload}: PUT files there first`);
  }
}
