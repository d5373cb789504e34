/** Files on their way into this peer, which offers them to somebody, or shares them, once it has them all. */
import { comparePaths } from '#src/domain/content/entries.js';
import type { Ask } from '#web/api/answers.js';
import { type Failure, failureOf } from '#web/api/failure.js';
import { Cell } from './cell.js';
import type { ConversationId } from './messages.js';

/** A file somebody chose or dropped. @typeParam F what the browser has of it */
export type Chosen<F> = {
  /** With `/` between names, where it is of a folder. */
  readonly path: string;
  readonly file: F;
  readonly bytes: number;
};

/** Puts one file; `told` hears how many bytes of it are there. Rejects with an `AskError`. */
export type Put<F> = (
  upload: string,
  chosen: Chosen<F>,
  told: (bytes: number) => void,
) => Promise<void>;

export type Sending = {
  readonly upload: string;
  /** The first of them. */
  readonly name: string;
  /** Files and folders beside that one. */
  readonly more: number;
  /** For whom; undefined where it is shared. */
  readonly to: ConversationId | undefined;
  /** What that one called himself. */
  readonly toName: string;
  /** Between 0 and 1. */
  readonly share: number;
  readonly state: 'running' | 'done' | 'failed';
  /** Where it failed. */
  readonly failure?: Failure;
};

export type Parts<F> = {
  readonly ask: Ask;
  readonly put: Put<F>;
  /** A word nobody else uses. */
  readonly word: () => string;
};

/** As many of what is over are shown. */
const MOST_SHOWN = 5;

/** What has gone well is read by then; what failed stays until its user closes it. */
const READ_MS = 8000;

export class Sender<F> {
  readonly sendings = new Cell<readonly Sending[]>([]);
  readonly #parts: Parts<F>;
  readonly #pause: (ms: number) => Promise<void>;

  /** @param pause resolves after so long. */
  constructor(parts: Parts<F>, pause: (ms: number) => Promise<void> = slept) {
    this.#parts = parts;
    this.#pause = pause;
  }

  /** Never rejects: what failed is shown. @param name of the one it is for. */
  send(to: ConversationId, name: string, chosen: readonly Chosen<F>[]): Promise<void> {
    const whom = to === 'all' ? {} : { to, whenBack: true };
    return this.#bring({ to, toName: name }, chosen, (upload) =>
      this.#parts.ask('sendUpload', { upload, ...whom }),
    );
  }

  /** Shares them from a copy that this peer keeps. Never rejects, either. */
  share(chosen: readonly Chosen<F>[]): Promise<void> {
    return this.#bring({ to: undefined, toName: '' }, chosen, (upload) =>
      this.#parts.ask('shareUpload', { upload }),
    );
  }

  /** It is not shown any more; what is on its way goes on. */
  close(upload: string): void {
    this.sendings.set(this.sendings.value.filter((one) => one.upload !== upload));
  }

  async #bring(
    whom: Pick<Sending, 'to' | 'toName'>,
    chosen: readonly Chosen<F>[],
    use: (upload: string) => Promise<unknown>,
  ): Promise<void> {
    // The peer names it by the same one: an upload is a folder, and has no other order.
    const [name, ...others] = [...new Set(chosen.map(topOf))].toSorted(comparePaths);
    if (name === undefined) return;
    const upload = this.#parts.word();
    const more = others.length;
    const begun = { upload, name, more, ...whom, share: 0, state: 'running' } as const;
    this.sendings.set([begun, ...this.sendings.value].slice(0, MOST_SHOWN));
    try {
      await this.#putAll(upload, chosen);
      await use(upload);
      this.#change(upload, { state: 'done', share: 1 });
      void this.#pause(READ_MS).then(() => this.close(upload));
    } catch (error) {
      this.#change(upload, { state: 'failed', failure: failureOf(error) });
      // Where the peer is gone it throws away by itself, at its next start, what nobody uses.
      await this.#parts.ask('discardUpload', { upload }).catch(() => undefined);
    }
  }

  /** One file after the other: what they share is one disk. */
  async #putAll(upload: string, chosen: readonly Chosen<F>[]): Promise<void> {
    const total = chosen.reduce((sum, { bytes }) => sum + bytes, 0);
    let done = 0;
    for (const one of chosen) {
      await this.#parts.put(upload, one, (bytes) => {
        this.#change(upload, { share: total === 0 ? 0 : Math.min((done + bytes) / total, 1) });
      });
      done += one.bytes;
    }
  }

  #change(upload: string, change: Partial<Sending>): void {
    const next = this.sendings.value.map((one) =>
      one.upload === upload ? { ...one, ...change } : one,
    );
    this.sendings.set(next);
  }
}

/** What the user sees of it in his folder. */
function topOf({ path }: Pick<Chosen<unknown>, 'path'>): string {
  return path.split('/')[0] ?? path;
}

function slept(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
