/**
 * The receiving end of one give session: a giver offers, is told what is wanted, proves the manifest where it
 * is new, and sends one chunk after the other, each once the one before is answered.
 *
 *     idle -give-> asked -want-> manifest -last page-> giving -put-chunk-> chunk -all bytes-> asked -kept-> giving
 *
 * A refusal ends the request: what still arrives of it is passed over (`refused`) until the next `give`.
 * Whatever else comes out of order ends the session.
 */
import { catchError, EMPTY, finalize, ignoreElements, type Observable, tap } from 'rxjs';
import { type ErrorRecord, P2pError, toRecord } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import { chunkLength } from '#src/domain/layout.js';
import { LIMITS, MiB } from '#src/domain/limits.js';
import { type Manifest, parseManifest } from '#src/domain/manifest.js';
import { isPage, pageCount, pageLimit, parseRoot, type Root } from '#src/domain/manifest-root.js';
import { checkName } from '#src/domain/name.js';
import type { Message, Refusal } from '#src/wire/message.js';
import { blake3Of } from './blake3.js';
import type { ByteBudget } from './byte-budget.js';
import type { Keeper, Pledge } from './keeper.js';
import type { Received, Session } from './session.js';

/** A hundred thousand files; whoever shares more is fetched from, not spread. */
const LARGEST_MANIFEST_BYTES = 32 * MiB;

type State =
  | { readonly at: 'idle' }
  | { readonly at: 'refused' }
  /** The disk is at work; nothing may arrive. */
  | { readonly at: 'asked' }
  | { readonly at: 'manifest'; readonly request: number; readonly pledge: Pledge }
  | { readonly at: 'giving'; readonly request: number; readonly pledge: Pledge }
  | {
      readonly at: 'chunk';
      readonly request: number;
      readonly pledge: Pledge;
      readonly index: number;
      readonly buffer: Uint8Array;
    };

/** Where a new offer may come: between requests, and where the one before may be over. */
const MAY_OFFER: ReadonlySet<State['at']> = new Set(['idle', 'refused', 'giving']);

export type TakerOptions = {
  readonly keeper: Keeper;
  /** Keep nothing new: every offer is refused. */
  readonly isClosed: boolean;
  /** Bounds what all givers together make us hold in memory. */
  readonly budget: ByteBudget;
  /** The giver sent what its own proof contradicts. */
  readonly onLie: (isAttack: boolean) => void;
  readonly onTrouble: (error: ErrorRecord) => void;
};

export class Taker {
  readonly #session: Session;
  readonly #options: TakerOptions;
  #state: State = { at: 'idle' };
  #filled = 0;
  #root: Root | undefined;
  #pages: Uint8Array[] = [];
  /** Proven in this session; kept for the next `give` of the same content. */
  #manifest: Manifest | undefined;
  #reserved = 0;
  #isEnding = false;
  #isOver = false;

  constructor(session: Session, options: TakerOptions) {
    this.#session = session;
    this.#options = options;
  }

  /** Runs the session to its end, which is nobody's failure; emits nothing. Unsubscribing ends it at once. */
  run(): Observable<never> {
    return this.#session.received.pipe(
      tap((received) => this.#hear(received)),
      ignoreElements(),
      catchError(() => EMPTY),
      finalize(() => this.#forget()),
    );
  }

  /** Finishes the chunk in hand, then says goodbye. */
  end(): void {
    this.#isEnding = true;
    if (this.#state.at !== 'chunk' && this.#state.at !== 'asked') this.#session.close();
  }

  /** Parts of a chunk as they arrive. @throws P2pError `protocol` */
  bytes(request: number, bytes: Uint8Array): void {
    const state = this.#state;
    if (state.at === 'refused') return;
    if (state.at !== 'chunk' || state.request !== request) throw outOfOrder('chunk bytes');
    if (this.#filled + bytes.length > state.buffer.length) throw tooLong();
    state.buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
    if (this.#filled === state.buffer.length) this.#keep(state);
  }

  #hear({ message, request }: Received): void {
    switch (message.type) {
      case 'give':
        return this.#consider(message, request);
      case 'root':
        return this.#takeRoot(message.bytes, request);
      case 'page':
        return this.#takePage(message.bytes, request);
      case 'put-chunk':
        return this.#announce(message.index, request);
      case 'cancel':
        return this.#cancel();
      default:
        throw outOfOrder(message.type);
    }
  }

  #consider(give: Extract<Message, { type: 'give' }>, request: number): void {
    if (!MAY_OFFER.has(this.#state.at)) throw outOfOrder('give');
    this.#letGo();
    if (this.#options.isClosed) return this.#refuse(request, 'denied');
    const verdict = checkName(give.name, 'posix');
    if (verdict.kind === 'escape') this.#convict(true, `a name that ${verdict.why}`);
    if (verdict.kind !== 'ok') return this.#refuse(request, 'denied');
    const { id, name, ranges } = give;
    const offer = { giver: this.#session.peerId, id, name, ranges };
    this.#whileBusy(request, async () => {
      const answer = await this.#options.keeper.consider(offer, this.#known(id));
      if (answer.type === 'refused') return this.#refuse(request, answer.reason);
      const { pledge, holds, ranges, needsManifest: manifest } = answer;
      this.#manifest = answer.manifest;
      this.#state = { at: manifest ? 'manifest' : 'giving', request, pledge };
      this.#session.send({ type: 'want', ranges, holds, manifest }, request);
    });
  }

  #takeRoot(bytes: Uint8Array, request: number): void {
    if (this.#state.at === 'refused') return;
    const { pledge } = this.#expect('manifest', request, 'a root');
    if (this.#root !== undefined) throw outOfOrder('a second root');
    const root = this.#proven(() => parseRoot(bytes, pledge.offer.id, blake3Of));
    const size = manifestLimit(root);
    if (size > LARGEST_MANIFEST_BYTES) return this.#refuse(request, 'full');
    if (!this.#reserve(size)) return this.#refuse(request, 'busy');
    this.#root = root;
    this.#pages = [];
    if (pageCount(root) === 0) this.#finishManifest(root);
  }

  #takePage(bytes: Uint8Array, request: number): void {
    if (this.#state.at === 'refused') return;
    this.#expect('manifest', request, 'a page');
    const root = this.#root;
    if (root === undefined) throw outOfOrder('a page before its root');
    if (!isPage(root, this.#pages.length, bytes, blake3Of)) {
      throw this.#convict(false, 'a page that is not what the root proves');
    }
    this.#pages.push(bytes);
    if (this.#pages.length === pageCount(root)) this.#finishManifest(root);
  }

  #finishManifest(root: Root): void {
    if (this.#state.at !== 'manifest') return;
    const { request, pledge } = this.#state;
    const file = Buffer.concat([root.raw, ...this.#pages]);
    const manifest = this.#proven(() => parseManifest(file, root.id, blake3Of));
    this.#dropManifest();
    if (!this.#reserve(file.length)) return this.#refuse(request, 'busy');
    this.#manifest = manifest;
    this.#state = { at: 'giving', request, pledge };
  }

  #announce(index: number, request: number): void {
    if (this.#state.at === 'refused') return;
    const { pledge } = this.#expect('giving', request, 'a chunk');
    const manifest = this.#manifest;
    if (manifest === undefined || index >= manifest.layout.chunks || !pledge.wanted.has(index)) {
      throw new P2pError('protocol', `it sends chunk ${index}, which nobody wanted`);
    }
    const length = chunkLength(manifest.layout, manifest.entries, index);
    if (!this.#options.budget.take(length)) return this.#refuse(request, 'busy');
    this.#filled = 0;
    this.#state = { at: 'chunk', request, pledge, index, buffer: new Uint8Array(length) };
  }

  #keep({ request, pledge, index, buffer }: Extract<State, { at: 'chunk' }>): void {
    const manifest = this.#manifest;
    if (manifest === undefined) throw outOfOrder('a chunk without its manifest');
    this.#whileBusy(request, async () => {
      try {
        const outcome = await this.#options.keeper.keep(pledge, manifest, index, buffer);
        if (outcome === 'wrong') throw this.#convict(false, `bytes that are not chunk ${index}`);
        if (outcome === 'full') return this.#refuse(request, 'full', pledge);
        this.#state = { at: 'giving', request, pledge };
        this.#session.send({ type: 'kept', index }, request);
      } catch (error) {
        this.#options.keeper.release(pledge);
        throw error;
      } finally {
        this.#options.budget.giveBack(buffer.length);
      }
    });
  }

  /** Pauses the giver while the disk works: a slow disk slows the network, not the heap. */
  #whileBusy(request: number, work: () => Promise<void>): void {
    this.#state = { at: 'asked' };
    this.#session.pause();
    const done = work().catch((error: unknown) => this.#fail(request, error));
    void done.finally(() => {
      if (this.#state.at === 'asked') this.#state = { at: 'refused' };
      if (this.#isOver) this.#forget();
      else if (this.#isEnding) this.#session.close();
      else this.#session.resume();
    });
  }

  /** What the giver did wrong ends its session; what our disk refuses is told, and no reason to end. */
  #fail(request: number, error: unknown): void {
    if (error instanceof P2pError) return this.#session.destroy(error);
    const record = toRecord(error);
    this.#options.onTrouble(record);
    this.#refuse(request, record.code === 'ENOSPC' ? 'full' : 'busy');
  }

  #cancel(): void {
    if (this.#state.at !== 'asked') this.#letGo('refused');
  }

  #refuse(request: number, reason: Refusal, pledge?: Pledge): void {
    if (pledge !== undefined) this.#options.keeper.release(pledge);
    this.#letGo('refused');
    this.#session.send({ type: 'refused', reason }, request);
  }

  #convict(isAttack: boolean, what: string): P2pError {
    this.#options.onLie(isAttack);
    const error = new P2pError(isAttack ? 'hostile' : 'protocol', `it sent ${what}`);
    this.#session.destroy(error);
    return error;
  }

  /** Runs a proof; what fails it convicts the giver. */
  #proven<T>(prove: () => T): T {
    try {
      return prove();
    } catch (error) {
      const { code } = error as { code?: unknown };
      // A newer format is no lie.
      if (code !== 'version') this.#options.onLie(code === 'hostile');
      throw error;
    }
  }

  #expect<At extends 'manifest' | 'giving'>(at: At, request: number, what: string) {
    const state = this.#state;
    if (state.at !== at || state.request !== request) throw outOfOrder(what);
    return state as Extract<State, { at: 'manifest' | 'giving' }>;
  }

  #known(id: ContentId): Manifest | undefined {
    if (this.#manifest?.id !== id) this.#dropManifest();
    return this.#manifest;
  }

  #reserve(bytes: number): boolean {
    if (!this.#options.budget.take(bytes)) return false;
    this.#reserved += bytes;
    return true;
  }

  #dropManifest(): void {
    this.#options.budget.giveBack(this.#reserved);
    this.#reserved = 0;
    this.#root = undefined;
    this.#pages = [];
    this.#manifest = undefined;
  }

  /** Room and memory set aside for the request are free again. */
  #letGo(at: 'idle' | 'refused' = 'idle'): void {
    const state = this.#state;
    if (state.at === 'chunk') this.#options.budget.giveBack(state.buffer.length);
    if ('pledge' in state) this.#options.keeper.release(state.pledge);
    this.#state = { at };
  }

  #forget(): void {
    this.#isOver = true;
    if (this.#state.at === 'asked') return;
    this.#letGo();
    this.#dropManifest();
  }
}

function manifestLimit(root: Root): number {
  let bytes = root.raw.length;
  for (let page = 0; page < pageCount(root); page += 1) bytes += pageLimit(root, page);
  return bytes;
}

function outOfOrder(what: string): P2pError {
  return new P2pError('protocol', `it sent ${what} out of order`);
}

function tooLong(): P2pError {
  return new P2pError(
    'protocol',
    `it sent a chunk that is too long (at most ${LIMITS.chunkBytes})`,
  );
}
