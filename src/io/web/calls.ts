/** What was asked of the peer and is not answered yet. */
import { randomInt } from 'node:crypto';
import { Subject } from 'rxjs';
import type { OperationId } from '#src/api/operations.js';
import type { ContentSource } from '#src/domain/content/content-source.js';
import { type ErrorRecord, P2pError } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';

/** More at once than any page or script has use for. */
const MOST = 256;

/** Numbers begin anywhere below: what a life of the actor asked and a later one hears answered is none of its own. */
const FIRST_CALLS = 2 ** 47;

/** A failure as the peer says it; a download's has more than a code and a message. */
export type Failure = ErrorRecord & Readonly<Record<string, unknown>>;

export type Call = {
  readonly type: 'call';
  readonly call: number;
  readonly operation: OperationId;
  readonly input: object;
};

/** Where bytes lie, for an answer that the web actor reads by itself. */
export type Search = {
  readonly type: 'locate';
  readonly call: number;
  /** Its name or id. */
  readonly share: string;
  /** Which chunk is wanted. */
  readonly chunk: number;
  /** Where it is on its way: waits for it, for a while. */
  readonly waits?: Waits;
};

/** @property unreadAt where it was said to be, and could not be read: it may have been put elsewhere just now. */
export type Waits = { readonly unreadAt?: string | undefined };

export type Located = {
  readonly id: ContentId;
  readonly name: string;
  readonly source: ContentSource;
  /** Whether the chunk is here. */
  readonly has: boolean;
};

export type Answered =
  | { readonly type: 'answered'; readonly call: number; readonly answer: unknown }
  | { readonly type: 'failed'; readonly call: number; readonly error: Failure };

/** Carries what a failed call says. */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

type Pending = {
  /** The end of the peer is its answer. */
  readonly isEnd: boolean;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
};

export class Calls {
  readonly asked = new Subject<Call | Search>();
  readonly #pending = new Map<number, Pending>();
  #last = randomInt(FIRST_CALLS);

  /** @param isEnd the end of the peer is its answer. @throws CallError as the peer says; P2pError `limit` */
  ask(operation: OperationId, input: object, isEnd = false): Promise<unknown> {
    return this.#ask(isEnd, (call) => ({ type: 'call', call, operation, input }));
  }

  /** @throws CallError `not-found`, `ambiguous`; P2pError `limit` */
  async locate(share: string, chunk: number, waits?: Waits): Promise<Located> {
    const about = { share, chunk, ...(waits && { waits }) };
    const answer = await this.#ask(false, (call) => ({ type: 'locate', call, ...about }));
    return answer as Located;
  }

  #ask(isEnd: boolean, said: (call: number) => Call | Search): Promise<unknown> {
    if (this.#pending.size >= MOST) {
      const message = `${MOST} requests wait for an answer: ask again when some have one`;
      return Promise.reject(new P2pError('limit', message));
    }
    this.#last += 1;
    const call = this.#last;
    return new Promise((resolve, reject) => {
      this.#pending.set(call, { isEnd, resolve, reject });
      this.asked.next(said(call));
    });
  }

  hear(said: Answered): void {
    const pending = this.#pending.get(said.call);
    this.#pending.delete(said.call);
    if (said.type === 'answered') pending?.resolve(said.answer);
    else pending?.reject(new CallError(said.error));
  }

  /** The peer ends: that is what some have waited for. */
  end(): void {
    for (const { isEnd, resolve, reject } of this.#pending.values()) {
      if (isEnd) resolve({});
      else reject(new P2pError('closed', 'this peer has ended'));
    }
    this.#pending.clear();
    this.asked.complete();
  }
}
