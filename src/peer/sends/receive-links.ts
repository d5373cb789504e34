/** Links with those who send something, as long as something of it is wanted from them. */
import { toRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Receive } from './receive-book.js';
import { senderOf } from './receive-givers.js';
import type { ReceiveWords } from './receive-words.js';
import { WayBack, type WayBackParts } from './way-back.js';

/** He lists what he is asked for before he offers it; his offer has a link of its own. */
const ANSWER_MS = 5 * 60_000;

type Parts = WayBackParts & { readonly tell: (event: PeerEvent) => void };

export class ReceiveLinks {
  readonly #tell: (event: PeerEvent) => void;
  readonly #words: Pick<ReceiveWords, 'again'>;
  readonly #wayBack: WayBack;
  #isClosed = false;

  constructor(parts: Parts, words: Pick<ReceiveWords, 'again'>) {
    this.#tell = parts.tell;
    this.#words = words;
    this.#wayBack = new WayBack(parts);
  }

  /** As long as something is to be fetched from him. */
  async hold(receive: Receive): Promise<void> {
    const { record } = receive;
    try {
      const release = await this.#reach(receive);
      if (release === undefined) return;
      receive.release?.();
      if (receive.isRunning) receive.release = release;
      else release();
    } catch (error) {
      if (this.#isClosed) return;
      const what = printable(record.name);
      const message = `${toRecord(error).message}: ${what} is fetched when he is back`;
      this.#tell({ type: 'notice', code: 'offline', message });
    }
  }

  /** He is asked for what did not come, and gives it as far as he can. @throws P2pError `offline` */
  async ask(receive: Receive): Promise<void> {
    const release = await this.#reach(receive);
    receive.release?.();
    if (release !== undefined) receive.release = endingAfter(ANSWER_MS, release);
    receive.isAsked = true;
    this.#words.again(receive.record);
  }

  /** He was asked, and can read none of it. */
  refused(receive: Receive): void {
    receive.isAsked = false;
    receive.release?.();
    delete receive.release;
    const { name, failedCount = 0 } = receive.record;
    const what = `the missing files of ${printable(name)} either (${failedCount})`;
    const message = `${senderOf(receive)} cannot give ${what}`;
    this.#tell({ type: 'notice', code: 'not-found', message });
  }

  beginClosing(): void {
    this.#isClosed = true;
  }

  #reach({ record: { from, fromName, where } }: Receive): Promise<(() => void) | undefined> {
    return this.#wayBack.reach(from as PeerId, fromName, where);
  }
}

/** @returns what calls `release` at once, as it is called in any case once the time is over. */
function endingAfter(ms: number, release: () => void): () => void {
  const timer = setTimeout(release, ms).unref();
  return () => {
    clearTimeout(timer);
    release();
  };
}
