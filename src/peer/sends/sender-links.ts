/** Links with those who send something here, as long as something is to be fetched from them. */
import { toRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Receive } from './receive-book.js';
import { WayBack, type WayBackParts } from './way-back.js';

type SenderLinksParts = WayBackParts & { readonly tell: (event: PeerEvent) => void };

export class SenderLinks {
  readonly #wayBack: WayBack;
  readonly #tell: (event: PeerEvent) => void;
  #isClosed = false;

  constructor(parts: SenderLinksParts) {
    this.#wayBack = new WayBack(parts);
    this.#tell = parts.tell;
  }

  /** A link with the sender, as long as something is to be fetched from him. */
  async hold(receive: Receive): Promise<void> {
    const { record } = receive;
    const { from, fromName, where } = record;
    try {
      const release = await this.#wayBack.reach(from as PeerId, fromName, where);
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

  /** Nobody hears any more that one is away. */
  close(): void {
    this.#isClosed = true;
  }
}
