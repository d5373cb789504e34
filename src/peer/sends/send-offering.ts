/** Makes offers of what lies here, goes on with those of earlier starts, and opens again what could not be sent for a while. */
import { P2pError, toRecord } from '#src/domain/errors.js';
import type { SendOptions } from '#src/peer/api.js';
import type { NamedPeer } from '#src/peer/network/naming.js';
import type { InterruptedSends } from './interrupted-sends.js';
import { newOfferId } from './new-offer-id.js';
import type { SendAudience } from './send-audience.js';
import type { Send, SendBook } from './send-book.js';
import type { SendContents } from './send-contents.js';
import type { SendLinks } from './send-links.js';
import type { SendNews } from './send-news.js';
import { notYet, recordOf, rowOf, skippedEvent } from './send-rows.js';
import type { Begun, Sent } from './send-source.js';
import type { SendsParts } from './sends.js';

/** Of an offer that is made: the command, and that whoever it is for is away. */
type How = { readonly ref?: string | undefined; readonly isAway?: true };

type Around = Pick<SendsParts, 'source' | 'tell'> & {
  readonly book: SendBook;
  readonly audience: SendAudience;
  readonly contents: SendContents;
  readonly links: SendLinks;
  readonly interrupted: InterruptedSends;
  readonly news: SendNews;
};

export class SendOffering {
  readonly #with: Around;
  #isClosed = false;

  constructor(around: Around) {
    this.#with = around;
  }

  /**
   * @param path one, or several that are one offer. @param to everybody where it is undefined
   * @throws P2pError `not-found`, `unreadable`, `bad-name`, `too-large`, `offline`, `closed`
   */
  async send(
    path: string | readonly string[],
    to: NamedPeer | undefined,
    { whenBack, exclude = [], ref }: SendOptions,
  ): Promise<Send> {
    const { source, links, interrupted, news } = this.#with;
    const release = to && (await links.reach(to, whenBack === true));
    try {
      const rules = exclude.length === 0 ? {} : { exclude };
      const whom = { to: to?.peerId ?? '', ...(to && to.name !== '' && { toName: to.name }) };
      const given = { offerId: newOfferId(), ...source.locate(path), ...rules, ...whom };
      const away = to !== undefined && release === undefined ? ({ isAway: true } as const) : {};
      const { sent, begun } = await interrupted.begin(given);
      const send = await this.#offer(sent, begun, { ref, ...away });
      send.release = release;
      if (to === undefined) news.progress(send.record);
      return send;
    } catch (error) {
      release?.();
      throw error;
    }
  }

  /** What did not come of another, to one who has all else of it: on its way as soon as he is there. */
  async rest(sent: Sent, begun: Begun): Promise<Send> {
    const send = await this.#offer(sent, begun);
    void this.#with.links.hold(send);
    return send;
  }

  /** After a start: what lies there may be something else by now. */
  async goOn(send: Send): Promise<void> {
    await this.#with.contents.look(send);
    await this.#with.links.hold(send);
  }

  /** It could not be sent any more, and may be again: whoever had accepted it goes on with what he has. */
  async reopen(send: Send): Promise<void> {
    const { book, audience, contents, links, news } = this.#with;
    send.stale.clear();
    const begun = await contents.begin(send).catch((error: unknown) => {
      throw notYet(send.record, toRecord(error));
    });
    book.change(send, { isOpen: true, ended: undefined, failure: undefined, isGone: undefined });
    audience.offered(send.record);
    contents.await(send, begun);
    news.progress(send.record);
    void links.hold(send);
  }

  /** Nothing is offered any more. */
  close(): void {
    this.#isClosed = true;
  }

  async #offer(sent: Sent, begun: Begun, { ref, ...away }: How = {}): Promise<Send> {
    if (this.#isClosed) throw new P2pError('closed', 'the peer was closed');
    const { source, tell, book, audience, contents } = this.#with;
    const { listed, soon } = begun;
    const content = { ...listed, id: '' as const, ...soon };
    const offered = { bytes: listed.bytes, files: listed.files };
    const record = { ...recordOf(sent, content), offered, isOpen: true, recipients: [] };
    const send = await book.add(record);
    if (soon !== undefined) source.hold(sent, soon);
    tell({ type: 'send-offered', ...rowOf(record), ...away }, ref);
    const skipped = skippedEvent(record, listed);
    if (skipped !== undefined) tell(skipped, ref);
    audience.offered(record);
    contents.await(send, begun);
    return send;
  }
}
