/** What was asked of the peer and is not answered yet. */
import { Subject } from 'rxjs';
import { type OperationId, operations } from '#src/api/operations.js';
import { type ErrorRecord, P2pError } from '#src/domain/errors.js';

/** More at once than any page or script has use for. */
const MOST = 256;

/** A failure as the peer says it; a download's has more than a code and a message. */
export type Failure = ErrorRecord & Readonly<Record<string, unknown>>;

export type Call = {
  readonly type: 'call';
  readonly call: number;
  readonly operation: OperationId;
  readonly input: object;
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
  readonly operation: OperationId;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
};

export class Calls {
  readonly asked = new Subject<Call>();
  readonly #pending = new Map<number, Pending>();
  #last = 0;

  /** @throws CallError as the peer says; P2pError `limit` */
  ask(operation: OperationId, input: object): Promise<unknown> {
    if (this.#pending.size >= MOST) {
      const message = `${MOST} requests wait for an answer: ask again when some have one`;
      return Promise.reject(new P2pError('limit', message));
    }
    this.#last += 1;
    const call = this.#last;
    return new Promise((resolve, reject) => {
      this.#pending.set(call, { operation, resolve, reject });
      this.asked.next({ type: 'call', call, operation, input });
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
    for (const { operation, resolve, reject } of this.#pending.values()) {
      if ('endsPeer' in operations[operation]) resolve({});
      else reject(new P2pError('closed', 'this peer has ended'));
    }
    this.#pending.clear();
    this.asked.complete();
  }
}
