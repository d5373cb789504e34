/**
 * Who is blocked, known and trusted: a small file of its own, as a list that cannot be read must refuse everybody
 * and not nobody. A line for each peer; who is not in it is unknown.
 */
import { join } from 'node:path';
import { P2pError } from '#src/domain/errors.js';
import { LAST_PORT } from '#src/domain/host-port.js';
import { type PeerId, parsePeerId } from '#src/domain/ids.js';
import type { Acquaintance, TrustState } from '#src/domain/peers/trust.js';
import { readSmallFile, writeSmallFile } from '#src/io/disk/small-file.js';

/** Anybody who comes here under a new key is known from then on: as many are remembered as peers are found. */
const MOST_KNOWN = 1024;

/** Whoever comes under a trusted name is told of again after so long. */
const WARN_AGAIN_MS = 60_000;

export class TrustList {
  readonly #path: string;
  /** Who was seen or changed last is last. */
  readonly #all: Map<PeerId, Acquaintance>;
  /** Names that were warned of, and when last, in monotonic milliseconds. */
  readonly #warnings = new Map<string, number>();
  #writing: Promise<void> = Promise.resolve();
  /** A write that has not begun: it brings what changes until then. */
  #next: Promise<void> | undefined;

  private constructor(path: string, all: Map<PeerId, Acquaintance>) {
    this.#path = path;
    this.#all = all;
  }

  /** @throws P2pError `damaged`: who cannot tell the blocked from the others lets nobody in. */
  static async open(data: string): Promise<TrustList> {
    const path = join(data, 'trust');
    const text = (await readSmallFile(path)) ?? '';
    const all = new Map<PeerId, Acquaintance>();
    for (const line of text.split('\n').filter((one) => one !== '')) {
      const row = parsedLine(line);
      if (row === undefined) {
        throw new P2pError(
          'damaged',
          `${path} cannot be read: restore it, or remove it to block and trust nobody`,
        );
      }
      all.set(row.peerId, row);
    }
    return new TrustList(path, all);
  }

  get all(): readonly Acquaintance[] {
    return [...this.#all.values()];
  }

  get blocked(): readonly PeerId[] {
    return this.#idsOf('blocked');
  }

  get trusted(): readonly PeerId[] {
    return this.#idsOf('trusted');
  }

  stateOf(peer: PeerId): TrustState {
    return this.#all.get(peer)?.state ?? 'unknown';
  }

  set(row: Acquaintance): void {
    this.#all.delete(row.peerId);
    this.#all.set(row.peerId, row);
    const known = this.#idsOf('known');
    const [oldest] = known;
    if (known.length > MOST_KNOWN && oldest !== undefined) this.#all.delete(oldest);
  }

  forget(peer: PeerId): void {
    this.#all.delete(peer);
  }

  /**
   * Anybody can come under any name, under as many keys as he likes: that is no reason for as many lines.
   * @param now monotonic ms.
   */
  mayWarn(name: string, now: number): boolean {
    const last = this.#warnings.get(name);
    if (last !== undefined && now - last < WARN_AGAIN_MS) return false;
    this.#warnings.set(name, now);
    const [oldest] = this.#warnings.keys();
    if (this.#warnings.size > MOST_KNOWN && oldest !== undefined) this.#warnings.delete(oldest);
    return true;
  }

  /** Resolves once the file says what holds now; writes follow each other. */
  save(): Promise<void> {
    this.#next ??= this.#writing
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        const text = this.all.map((row) => `${lineOf(row)}\n`).join('');
        this.#writing = writeSmallFile(this.#path, text);
        return this.#writing;
      });
    return this.#next;
  }

  #idsOf(state: TrustState): readonly PeerId[] {
    return this.all.filter((row) => row.state === state).map(({ peerId }) => peerId);
  }
}

/** A name and a host may hold spaces: they are written as JSON, which leaves no line break in them. */
function lineOf({ peerId, state, name, host, port }: Acquaintance): string {
  return `${peerId} ${state} ${JSON.stringify([name, host, port])}`;
}

function parsedLine(line: string): Acquaintance | undefined {
  // Of what JSON leaves in a name some is a line break to a pattern (U+2028).
  const [, id = '', state, seen = ''] = /^(\S+) (blocked|known|trusted) (.+)$/s.exec(line) ?? [];
  const peerId = parsePeerId(id);
  if (peerId === undefined) return undefined;
  const fields = parsedJson(seen);
  if (!Array.isArray(fields) || fields.length !== 3) return undefined;
  const [name, host, port] = fields as readonly unknown[];
  if (typeof name !== 'string' || typeof host !== 'string' || !isPort(port)) return undefined;
  return { peerId, state: state as Acquaintance['state'], name, host, port };
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= LAST_PORT;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
