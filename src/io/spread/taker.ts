/**
 * The receiving end of one give session: a giver offers, is told what is wanted, proves the manifest where it
 * is new, and sends one chunk after the other, each once the one before is answered.
 * The states it goes through are in give-state.ts.
 */
import { catchError, EMPTY, finalize, ignoreElements, type Observable, tap } from 'rxjs';
import { chunkLength } from '#src/domain/content/layout.js';
import { checkName } from '#src/domain/content/name.js';
import { type ErrorRecord, P2pError, toRecord } from '#src/domain/errors.js';
import type { ByteBudget } from '#src/io/memory/byte-budget.js';
import type { Drawer } from '#src/io/net/allowance.js';
import type { Received } from '#src/io/net/delivery.js';
import type { Session } from '#src/io/net/session.js';
import type { Message } from '#src/wire/message.js';
import type { Refusal } from '#src/wire/message-fields.js';
import { type GiveState, MAY_OFFER, outOfOrder } from './give-state.js';
import { GivenChunk } from './given-chunk.js';
import { GiverPatience } from './giver-patience.js';
import type { Keeper, Pledge } from './keeper.js';
import { ManifestIntake } from './manifest-intake.js';

export type TakerOptions = {
  readonly keeper: Keeper;
  /** Keep nothing new: every offer is refused. */
  readonly isClosed: boolean;
  /** Of what may be read. */
  readonly drawer: Drawer;
  /** Bounds what all givers together make us hold in memory. */
  readonly budget: ByteBudget;
  /** The giver sent what its own proof contradicts. */
  readonly onLie: (isAttack: boolean) => void;
  readonly onTrouble: (error: ErrorRecord) => void;
};

export class Taker {
  readonly #session: Session;
  readonly #options: TakerOptions;
  #state: GiveState = { at: 'idle' };
  readonly #intake: ManifestIntake;
  #isEnding = false;
  #isOver = false;
  readonly #patience: GiverPatience;

  constructor(session: Session, options: TakerOptions) {
    this.#session = session;
    this.#options = options;
    this.#patience = new GiverPatience(session, options.drawer);
    this.#intake = new ManifestIntake(options.budget, options.onLie);
  }

  /** Runs the session to its end, which is nobody's failure; emits nothing. Unsubscribing ends it at once. */
  run(): Observable<never> {
    this.#patience.awaitStep();
    return this.#session.received.pipe(
      tap((received) => this.#hear(received)),
      tap(() => this.#patience.awaitStep()),
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
    this.#patience.took(bytes.length);
    if (state.at === 'refused') return;
    if (state.at !== 'chunk' || state.request !== request) throw outOfOrder('chunk bytes');
    if (state.chunk.take(bytes)) this.#keep(state);
  }

  #hear({ message, request }: Received): void {
    switch (message.type) {
      case 'give':
        this.#consider(message, request);
        break;
      case 'root':
        this.#takeRoot(message.bytes, request);
        break;
      case 'page':
        this.#takePage(message.bytes, request);
        break;
      case 'put-chunk':
        this.#announce(message.index, request);
        break;
      case 'cancel':
        if (this.#state.at !== 'asked') this.#letGo('refused');
        break;
      default:
        throw outOfOrder(message.type);
    }
  }

  #consider(give: Extract<Message, { type: 'give' }>, request: number): void {
    if (!MAY_OFFER.has(this.#state.at)) throw outOfOrder('give');
    this.#letGo();
    const verdict = checkName(give.name, 'posix');
    if (verdict.kind === 'escape') this.#convict(true, `a name that ${verdict.why}`);
    if (this.#options.isClosed || verdict.kind !== 'ok') {
      this.#refuse(request, 'denied');
      return;
    }
    const { id, name, ranges } = give;
    const offer = { giver: this.#session.peerId, id, name, ranges };
    this.#whileBusy(request, async () => {
      const answer = await this.#options.keeper.consider(offer, this.#intake.known(id));
      if (answer.type === 'refused') {
        this.#refuse(request, answer.reason);
        return;
      }
      const { pledge, holds, ranges, needsManifest: manifest } = answer;
      this.#intake.adopt(answer.manifest);
      this.#state = { at: manifest ? 'manifest' : 'giving', request, pledge };
      this.#session.send({ type: 'want', ranges, holds, manifest }, request);
    });
  }

  #takeRoot(bytes: Uint8Array, request: number): void {
    if (this.#state.at === 'refused') return;
    const pledge = this.#expect('manifest', request, 'a root');
    const refusal = this.#intake.takeRoot(bytes, pledge.offer.id);
    if (refusal === undefined) this.#finishManifest(pledge, request);
    else this.#refuse(request, refusal);
  }

  #takePage(bytes: Uint8Array, request: number): void {
    if (this.#state.at === 'refused') return;
    const pledge = this.#expect('manifest', request, 'a page');
    this.#intake.takePage(bytes);
    this.#finishManifest(pledge, request);
  }

  #finishManifest(pledge: Pledge, request: number): void {
    if (this.#intake.finish()) this.#state = { at: 'giving', request, pledge };
  }

  #announce(index: number, request: number): void {
    if (this.#state.at === 'refused') return;
    const pledge = this.#expect('giving', request, 'a chunk');
    const { manifest } = this.#intake;
    if (manifest === undefined || index >= manifest.layout.chunks || !pledge.wanted.has(index)) {
      throw new P2pError('protocol', `it sends chunk ${index}, which nobody wanted`);
    }
    const length = chunkLength(manifest.layout, manifest.entries, index);
    if (!this.#options.budget.take(length)) {
      this.#refuse(request, 'busy');
      return;
    }
    this.#state = { at: 'chunk', request, pledge, chunk: new GivenChunk(index, length) };
  }

  #keep({ request, pledge, chunk }: Extract<GiveState, { at: 'chunk' }>): void {
    const { index, bytes } = chunk;
    const { manifest } = this.#intake;
    if (manifest === undefined) throw outOfOrder('a chunk without its manifest');
    this.#whileBusy(request, async () => {
      try {
        const outcome = await this.#options.keeper.keep(pledge, manifest, index, bytes);
        if (outcome === 'wrong') throw this.#convict(false, `bytes that are not chunk ${index}`);
        if (outcome === 'full') {
          this.#refuse(request, 'full', pledge);
          return;
        }
        this.#state = { at: 'giving', request, pledge };
        this.#session.send({ type: 'kept', index }, request);
      } catch (error) {
        this.#options.keeper.release(pledge);
        throw error;
      } finally {
        this.#options.budget.giveBack(bytes.length);
      }
    });
  }

  #whileBusy(request: number, work: () => Promise<void>): void {
    this.#state = { at: 'asked' };
    this.#patience.beBusy();
    const done = work().catch((error: unknown) => this.#fail(request, error));
    void done.finally(() => {
      if (this.#state.at === 'asked') this.#state = { at: 'refused' };
      this.#patience.rest();
      if (this.#isOver) this.#forget();
      else if (this.#isEnding) this.#session.close();
      else this.#patience.readOrNot();
      this.#patience.awaitStep();
    });
  }

  /** What the giver did wrong ends its session; what our disk refuses is told, and no reason to end. */
  #fail(request: number, error: unknown): void {
    if (error instanceof P2pError) {
      this.#session.destroy(error);
      return;
    }
    const record = toRecord(error);
    this.#options.onTrouble(record);
    this.#refuse(request, record.code === 'ENOSPC' ? 'full' : 'busy');
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

  #expect(at: 'manifest' | 'giving', request: number, what: string): Pledge {
    const state = this.#state;
    if (state.at !== at || state.request !== request) throw outOfOrder(what);
    return state.pledge;
  }

  /** Room and memory set aside for the request are free again. */
  #letGo(at: 'idle' | 'refused' = 'idle'): void {
    const state = this.#state;
    if (state.at === 'chunk') this.#options.budget.giveBack(state.chunk.bytes.length);
    if ('pledge' in state) this.#options.keeper.release(state.pledge);
    this.#state = { at };
  }

  #forget(): void {
    this.#isOver = true;
    this.#patience.end();
    if (this.#state.at === 'asked') return;
    this.#letGo();
    this.#intake.drop();
  }
}
