/**
 * Which tracker was met where, for those whose id the user has not given: a small file of its own, as one that cannot be
 * read must not let anybody stand in for them. A line for each, the one met last at the end.
 */
import { join } from 'node:path';
import { P2pError } from '#src/domain/errors.js';
import { hostPortText, LAST_PORT, parseHostPort } from '#src/domain/host-port.js';
import { type PeerId, parsePeerId } from '#src/domain/ids.js';
import { readSmallFile, writeSmallFile } from '#src/io/disk/small-file.js';

/** Only what the user has named gets here; the one met longest ago is forgotten. */
const MOST_KNOWN = 256;

export class KnownTrackers {
  readonly #path: string;
  readonly #all: Map<string, PeerId>;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, all: Map<string, PeerId>) {
    this.#path = path;
    this.#all = all;
  }

  /** @throws P2pError `damaged` */
  static async open(data: string): Promise<KnownTrackers> {
    const path = join(data, 'trackers');
    const text = (await readSmallFile(path)) ?? '';
    const all = new Map<string, PeerId>();
    for (const line of text.split('\n').filter((one) => one !== '')) {
      const [, address = '', id = ''] = /^(\S+) (\S+)$/.exec(line) ?? [];
      const peerId = parsePeerId(id);
      const at = parseHostPort(address, LAST_PORT);
      // Written in another way than it is looked up by, it would keep nobody from standing in.
      if (peerId === undefined || at === undefined || hostPortText(at) !== address) {
        throw new P2pError(
          'damaged',
          `${path} cannot be read: restore it, or remove it to meet every tracker as for the first time`,
        );
      }
      all.set(address, peerId);
    }
    return new KnownTrackers(path, all);
  }

  /** By HOST:PORT. */
  get all(): ReadonlyMap<string, PeerId> {
    return this.#all;
  }

  /** Resolves once it is written down; writes follow each other. */
  meet(address: string, peerId: PeerId): Promise<void> {
    this.#all.delete(address);
    this.#all.set(address, peerId);
    const [oldest] = this.#all.keys();
    if (this.#all.size > MOST_KNOWN && oldest !== undefined) this.#all.delete(oldest);
    const write = () =>
      writeSmallFile(
        this.#path,
        Array.from(this.#all, ([where, id]) => `${where} ${id}\n`).join(''),
      );
    this.#writing = this.#writing.catch(() => undefined).then(write);
    return this.#writing;
  }
}
