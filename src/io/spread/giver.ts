/**
 * The giving end of one give session: offers what the plan says, learns from the answer what the other holds,
 * gives the manifest where it is new, then chunk by chunk, each once the one before is kept.
 */
import { ChunkSet, parseRanges } from '#src/domain/content/chunk-set.js';
import { chunkLength } from '#src/domain/content/layout.js';
import { type Manifest, pagesOf } from '#src/domain/content/manifest.js';
import { P2pError } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { LIMITS } from '#src/domain/limits.js';
import type { Credentials } from '#src/domain/peers/self.js';
import type { Distribution, Gift } from '#src/domain/spread/distribution.js';
import type { OpenedContent } from '#src/io/content/held-contents.js';
import type { Allowance, Drawer } from '#src/io/net/allowance.js';
import { Answers } from '#src/io/net/answers.js';
import { dialChannel } from '#src/io/net/channel.js';
import { framePieces } from '#src/io/net/frame-pieces.js';
import { openSession, type Session, type SessionOptions } from '#src/io/net/session.js';
import { FRAME, FRAME_HEADER_BYTES, writeFrameHeader } from '#src/wire/frame.js';
import { encodeMessage, type Message } from '#src/wire/message.js';

/** A chunk of 4 MiB on a slow disk behind a slow link; who takes longer holds up a round. */
const ANSWER_MS = 30_000;

/** Offers of one content in one session: the plan, what follows from the first answer, and what is left. */
const OFFERS_PER_CONTENT = 3;

/** A list in a frame has at most 1,024 numbers, two for each run. */
const MOST_RUNS = LIMITS.elements / 2;

export type GiverOptions = {
  /** Holds the session while it is open, for whoever has to end it. */
  readonly sessions: Set<Session>;
  readonly distribution: Distribution;
  /** What may leave. */
  readonly allowance: Allowance;
  /** @returns undefined where this machine cannot read the content any more. */
  readonly open: (id: ContentId) => Promise<OpenedContent | undefined>;
  /** The content's bytes are not what was hashed. */
  readonly onStale: (id: ContentId) => void;
  readonly onGiven: (bytes: number) => void;
  /** Whether to end after the chunk in hand. */
  readonly isEnding: () => boolean;
};

export type Address = { readonly host: string; readonly port: number };

export type GiverPlace = Pick<SessionOptions, 'self' | 'pingMs' | 'deadAfterMs'> & {
  readonly credentials: Credentials;
};

/**
 * Gives all of a gift over one session of its own.
 * @throws P2pError when the peer is out of reach, leaves, or breaks the protocol; system errors of our disk.
 */
export async function giveTo(
  address: Address,
  { credentials, self, pingMs, deadAfterMs }: GiverPlace,
  gift: Gift,
  options: GiverOptions,
): Promise<void> {
  const channel = await dialChannel({ ...address, credentials, expect: gift.peerId });
  const session = await openSession(channel, 'give', { self, pingMs, deadAfterMs });
  options.sessions.add(session);
  const answers = new Answers(session);
  try {
    await new Giver(session, answers, options).give(gift);
    session.close();
  } finally {
    answers.dispose();
    options.sessions.delete(session);
  }
}

type Want = Extract<Message, { type: 'want' }>;

/** Thrown to leave a session whose peer takes nothing more; no failure. */
class Declined extends Error {}

class Giver {
  readonly #session: Session;
  readonly #answers: Answers;
  readonly #options: GiverOptions;
  readonly #peerId: PeerId;
  readonly #drawer: Drawer;
  #request = 0;

  constructor(session: Session, answers: Answers, options: GiverOptions) {
    this.#session = session;
    this.#answers = answers;
    this.#options = options;
    this.#peerId = session.peerId;
    this.#drawer = options.allowance.drawer(session.peerId);
  }

  /** @throws P2pError when the session breaks or the peer breaks the protocol. */
  async give(gift: Gift): Promise<void> {
    try {
      for (const { id, chunks } of gift.contents) await this.#giveContent(id, chunks);
    } catch (error) {
      if (!(error instanceof Declined)) throw error;
      this.#options.distribution.refused(this.#peerId);
    }
  }

  async #giveContent(id: ContentId, planned: readonly number[]): Promise<void> {
    const { distribution } = this.#options;
    const content = await this.#options.open(id);
    if (content === undefined) return;
    let chunks = planned;
    let left = bytesOf(content.manifest, planned);
    for (let offer = 0; offer < OFFERS_PER_CONTENT && chunks.length > 0; offer += 1) {
      if (this.#options.isEnding()) return;
      const given = await this.#offer(content, chunks);
      if (given === 'stale') return;
      left -= given;
      chunks = distribution.more(this.#peerId, id, left);
    }
  }

  /** @returns the bytes given. */
  async #offer(content: OpenedContent, chunks: readonly number[]): Promise<number | 'stale'> {
    const { id, layout } = content.manifest;
    const { distribution } = this.#options;
    const holding = distribution.holdings.get(id);
    if (holding === undefined) return 'stale';
    this.#request += 1;
    const ranges = runsOf(chunks, layout.chunks);
    this.#session.send({ type: 'give', id, name: holding.name, ranges }, this.#request);
    const want = this.#checked(await this.#answer(), layout.chunks);
    distribution.holdings.peerTold(this.#peerId, id, want.holds);
    if (want.manifest) await this.#sendManifest(content.manifest);
    const wanted = ChunkSet.from(layout.chunks, want.ranges);
    let bytes = 0;
    for (const index of chunks) {
      if (this.#options.isEnding()) break;
      if (!wanted.has(index) || !distribution.begin(this.#peerId, id, index)) continue;
      const given = await this.#put(content, index).finally(() => distribution.settle(id, index));
      if (given === 'stale') return given;
      bytes += given;
    }
    return bytes;
  }

  async #sendManifest(manifest: Manifest): Promise<void> {
    const { root, pages } = pagesOf(manifest);
    await this.#session.write(encodeMessage({ type: 'root', bytes: root }, this.#request));
    for (const bytes of pages) {
      await this.#session.write(encodeMessage({ type: 'page', bytes }, this.#request));
    }
  }

  /** @returns the bytes given: none where the chunk is not here any more. */
  async #put({ manifest, reader }: OpenedContent, index: number): Promise<number | 'stale'> {
    const { id, layout, entries } = manifest;
    const { distribution, onStale, onGiven } = this.#options;
    const length = chunkLength(layout, entries, index);
    const { frames, targets } = chunkFrames(this.#request, index, length);
    const read = await reader.readChunk(index, targets);
    if (read === 'stale') onStale(id);
    if (read === 'stale') return 'stale';
    if (read === 'absent') distribution.holdings.get(id)?.have.delete(index);
    if (read === 'absent') return 0;
    for (const piece of framePieces(frames, () => this.#drawer.pieceBytes)) {
      await this.#drawer.draw(piece.length);
      await this.#session.write(piece);
    }
    const answer = await this.#answer();
    if (answer.type !== 'kept' || answer.index !== index) throw unexpected(answer);
    distribution.kept(this.#peerId, id, index);
    onGiven(length);
    return length;
  }

  async #answer(): Promise<Message> {
    const answer = await this.#answers.next(this.#request, ANSWER_MS);
    if (answer.type === 'refused') throw new Declined();
    return answer;
  }

  #checked(answer: Message, chunks: number): Want {
    if (answer.type !== 'want') throw unexpected(answer);
    for (const ranges of [answer.ranges, answer.holds]) {
      if (parseRanges(ranges, chunks) === undefined) {
        throw new P2pError('protocol', 'it speaks of chunks that there are not');
      }
    }
    return answer;
  }
}

/** A put-chunk frame and the frames of its bytes in one piece, with views for the bytes to be read into. */
export function chunkFrames(
  request: number,
  index: number,
  length: number,
): { readonly frames: Uint8Array; readonly targets: readonly Uint8Array[] } {
  const announcement = encodeMessage({ type: 'put-chunk', index }, request);
  const count = Math.ceil(length / LIMITS.chunkFrameBytes);
  const frames = new Uint8Array(announcement.length + count * FRAME_HEADER_BYTES + length);
  const targets: Uint8Array[] = [];
  frames.set(announcement);
  let at = announcement.length;
  for (let left = length; left > 0; left -= LIMITS.chunkFrameBytes) {
    const bytes = Math.min(left, LIMITS.chunkFrameBytes);
    writeFrameHeader(frames, at, FRAME.chunkBytes, request, bytes);
    targets.push(frames.subarray(at + FRAME_HEADER_BYTES, at + FRAME_HEADER_BYTES + bytes));
    at += FRAME_HEADER_BYTES + bytes;
  }
  return { frames, targets };
}

function runsOf(chunks: readonly number[], size: number): readonly number[] {
  const set = new ChunkSet(size);
  for (const index of chunks) set.add(index);
  return set.toRanges(MOST_RUNS);
}

function bytesOf({ layout, entries }: Manifest, chunks: readonly number[]): number {
  return chunks.reduce((sum, index) => sum + chunkLength(layout, entries, index), 0);
}

function unexpected(answer: Message): P2pError {
  return new P2pError('protocol', `it answered ${answer.type} where that is no answer`);
}
