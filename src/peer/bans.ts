/**
 * Peers that sent what its own proof contradicts: each time the source is dropped, at the third time, or for
 * an attack at once, it is banned for a day. The list is a small file of its own: one that cannot be read refuses everybody until it is mended.
 */
import { join } from 'node:path';
import { Convictions } from '#src/domain/conviction.js';
import { P2pError } from '#src/domain/errors.js';
import { type PeerId, parsePeerId } from '#src/domain/ids.js';
import { readSmallFile, writeSmallFile } from '#src/io/small-file.js';

const BAN_MS = 24 * 3_600_000;

export class Bans {
  readonly #path: string;
  readonly #until: Map<PeerId, number>;
  readonly #convictions = new Convictions();
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, until: Map<PeerId, number>) {
    this.#path = path;
    this.#until = until;
  }

  /** @throws P2pError `damaged`: who cannot tell the banned from the others lets nobody in. */
  static async open(data: string): Promise<Bans> {
    const path = join(data, 'bans');
    const text = await readSmallFile(path);
    const until = new Map<PeerId, number>();
    for (const line of (text ?? '').split('\n').filter((one) => one !== '')) {
      const [id = '', time = ''] = line.split(' ');
      const peer = parsePeerId(id);
      if (peer === undefined || !/^\d+$/.test(time)) {
        throw new P2pError(
          'damaged',
          `${path} cannot be read: restore it, or remove it to ban nobody`,
        );
      }
      until.set(peer, Number(time));
    }
    return new Bans(path, until);
  }

  /** @param now ms since the epoch: a ban outlasts a restart. */
  now(now: number): readonly PeerId[] {
    return [...this.#until].filter(([, until]) => until > now).map(([peer]) => peer);
  }

  /** An attack bans at once. @returns whether the peer is banned from now on. */
  convict(peer: PeerId, now: number, isAttack = false): boolean {
    if (!this.#convictions.convict(peer, isAttack)) return false;
    this.#until.set(peer, now + BAN_MS);
    return true;
  }

  /** Writes the list; writes follow each other. */
  save(now: number): Promise<void> {
    const lines = [...this.#until].filter(([, until]) => until > now);
    const text = lines.map(([peer, until]) => `${peer} ${until}\n`).join('');
    this.#writing = this.#writing
      .catch(() => undefined)
      .then(() => writeSmallFile(this.#path, text));
    return this.#writing;
  }
}
