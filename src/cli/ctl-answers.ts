/** What of a peer's events answers a command given from another terminal: those that carry its reference, and the progress of what it began. */
import { firstValueFrom, ReplaySubject } from 'rxjs';
import { P2pError } from '#src/domain/errors.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Heard } from '#src/peer/remote/control-client.js';
import { lost } from '#src/peer/remote/lost-peer.js';
import type { Line, Output } from './answer.js';

const FAILURES: ReadonlySet<string> = new Set<PeerEvent['type']>([
  'download-failed',
  'message-failed',
  'verify-failed',
  'send-failed',
  'error',
]);

export class CtlAnswers implements Output {
  readonly #ref: string;
  readonly #output: Output;
  /** Told before or after it is waited for: whichever came first counts. */
  readonly #outcome = new ReplaySubject<'marked' | 'lost'>();
  /** Contents whose transfers the command began, and offers that it made. */
  readonly #ours = new Set<string>();
  #missed = 0;
  /** What was asked for was not done, and that has been told. */
  isFailed = false;

  constructor(ref: string, output: Output) {
    this.#ref = ref;
    this.#output = output;
  }

  /** The reference of the mark before the command. */
  get beginning(): string {
    return `${this.#ref}-begins`;
  }

  /** Resolves once all that was told before a mark of this reference has been heard. @throws P2pError `limit` where some was left out, `offline` where the stream ended before */
  async marked(): Promise<void> {
    const outcome = await firstValueFrom(this.#outcome);
    if (outcome === 'lost') throw lost(new Error('its events have ended'));
    if (this.#missed === 0) return;
    const mend = 'what became of it is in `p2p ctl transfers` and `p2p ctl status`';
    const what = `the peer told more than it could pass on, and left out ${this.#missed}`;
    throw new P2pError('limit', `${what}: an answer to this command may be among them; ${mend}`);
  }

  hear(event: Heard): void {
    if (event.type === 'mark') {
      // What was left out before the command began told others of something else.
      if (event.ref === this.beginning) this.#missed = 0;
      if (event.ref === this.#ref) this.#outcome.next('marked');
      return;
    }
    if (event.type === 'missed') {
      this.#missed += event.count;
      return;
    }
    const { ref, ...told } = event;
    if (ref === this.#ref || this.#isEndOfOurs(event)) this.#answer(told);
    else if (this.#isOfOurs(event)) this.#output.tell(event);
    else this.#output.hear(event);
  }

  /** The stream has ended: with its peer, or alone. */
  ended(): void {
    this.#outcome.next('lost');
  }

  tell({ ref: _, ...line }: Line): void {
    this.#output.tell(line);
  }

  answer({ ref: _, ...event }: PeerEvent & { readonly ref?: string }): void {
    this.#answer(event);
  }

  end(): void {
    this.#output.end();
  }

  #answer(event: PeerEvent): void {
    if ('id' in event && typeof event.id === 'string') this.#ours.add(event.id);
    if (event.type === 'send-offered') this.#ours.add(event.offerId);
    if (FAILURES.has(event.type)) this.isFailed = true;
    this.#output.answer(event);
  }

  /** It was offered before all of it was read. */
  #isEndOfOurs(event: PeerEvent): boolean {
    return event.type === 'send-failed' && this.#ours.has(event.offerId);
  }

  #isOfOurs(event: PeerEvent): boolean {
    const isProgress = event.type === 'transfer' || event.type === 'download-progress';
    return isProgress && event.id !== null && this.#ours.has(event.id);
  }
}
