/** One `p2p receive` while it runs: which offers are taken or asked about, and what ends it. */
import { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import { isCalled, isProvenFrom } from '#src/domain/send/inbox-policy.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import type { Told } from '#src/peer/api.js';
import type { TrustList } from '#src/peer/trust/trust-list.js';
import { shortId } from './amounts.js';
import { OfferDesk } from './offer-desk.js';
import type { Scene } from './oneshot.js';
import type { ReceiveOptions } from './oneshot-receive.js';
import { complain } from './process-streams.js';
import { Quiet } from './quiet.js';
import { address } from './sentence.js';
import { StdinAsker } from './yes-no.js';

const FAILED = 1;

/** After all is there: how long the sender may take to note the receipt. He gets it at the next start, too. */
const NOTED_WITHIN_MS = 5000;

export class Receiving {
  readonly #options: ReceiveOptions;
  readonly #scene: Scene;
  readonly #trust: Pick<TrustList, 'stateOf'>;
  readonly #asker: StdinAsker | undefined;
  readonly #desk: OfferDesk;
  /** What is on its way, and from whom: nothing that was taken back, nor what its sender is not here to give. */
  readonly #accepted = new Map<OfferId, PeerId>();
  /** What is there, with `--once`, and whose receipt is on its way. */
  #completed: Extract<Told, { type: 'offer-completed' }> | undefined;
  #patience: NodeJS.Timeout | undefined;
  readonly #quiet: Quiet;
  #end: (code: number) => void = () => undefined;
  #giveUp: (error: P2pError) => void = () => undefined;

  constructor(options: ReceiveOptions, scene: Scene, trust: Pick<TrustList, 'stateOf'>) {
    this.#options = options;
    this.#scene = scene;
    this.#trust = trust;
    const { peer, streams, isJson } = scene;
    // Where a terminal is there, it is asked about what the settings do not take, too.
    const asks = scene.settings.inbox.accept === 'ask' || streams.stdin.isTTY === true;
    this.#asker = asks ? new StdinAsker(streams.stdin) : undefined;
    this.#desk = new OfferDesk({
      peer,
      asker: this.#asker,
      streams,
      isJson,
      isBusy: () => options.once && (this.#accepted.size > 0 || this.#completed !== undefined),
      onNobody: () => this.#nobody(),
    });
    this.#quiet = new Quiet(options.patienceMs, () => this.#miss());
  }

  async run(): Promise<number> {
    const { peer, over, streams, isJson } = this.#scene;
    const ended = new Promise<number>((resolve, reject) => {
      this.#end = resolve;
      this.#giveUp = reject;
    });
    const hearing = peer.events.subscribe((event) => this.#notice(event));
    this.#quiet.begin();
    if (!isJson) streams.stdout.write(`${waitingText(this.#scene)}\n`);
    try {
      return await Promise.race([over, ended]);
    } finally {
      hearing.unsubscribe();
      clearTimeout(this.#patience);
      this.#quiet.end();
      this.#asker?.end();
    }
  }

  /** Each offer, and what moves, begins the quiet anew; while something is on its way there is none. */
  #notice(event: Told): void {
    this.#hear(event);
    const isMoving = event.type === 'offer-received' || event.type === 'download-progress';
    const isOnItsWay = this.#accepted.size > 0 || this.#completed !== undefined;
    if (isMoving || isOnItsWay) this.#quiet.end();
    if (!isOnItsWay) this.#quiet.begin();
  }

  #hear(event: Told): void {
    switch (event.type) {
      case 'offer-received':
        if (event.isTaken) return;
        if (isCalled(event, this.#options.from ?? null)) return this.#desk.put(event);
        // One to all is nothing to him whose other offers are none of ours.
        return event.private ? this.#desk.refuse(event) : undefined;
      case 'offer-withdrawn':
        return this.#desk.withdraw(event.offerId);
      case 'offer-accepted':
        this.#accepted.set(event.offerId, event.from);
        return;
      case 'offer-completed':
        return this.#complete(event);
      case 'receipt-noted':
        return this.#receipted(event);
      case 'link-down':
        // What he said over it came before its end; his goodbye to the whole network may overtake it.
        return this.#noted(event.peerId === this.#completed?.from);
      case 'peer-down':
        return this.#next((from) => from === event.peerId);
      case 'download-failed':
        return event.code === 'withdrawn' ? this.#withdrawn() : this.#fail();
      case 'notice':
        return event.code === 'withdrawn' ? this.#withdrawn() : undefined;
      default:
        return;
    }
  }

  #complete(event: Extract<Told, { type: 'offer-completed' }>): void {
    this.#accepted.delete(event.offerId);
    if (!this.#options.once || this.#completed !== undefined) return;
    if (!this.#isMeant(event)) return;
    this.#completed = event;
    this.#patience = setTimeout(() => this.#end(this.#code), NOTED_WITHIN_MS);
  }

  /** By the one that is waited for: to what was asked about its user has said yes. */
  #isMeant(event: { readonly from: PeerId; readonly fromName: string }): boolean {
    const { from = null } = this.#options;
    if (this.#scene.settings.inbox.accept === 'ask') return isCalled(event, from);
    return isProvenFrom(event, this.#trust.stateOf(event.from), from);
  }

  /** What its sender offers again, and was all here when an earlier run ended, is no less here now. */
  #receipted(event: Extract<Told, { type: 'receipt-noted' }>): void {
    if (!this.#options.once || !this.#isMeant(event)) return;
    if (this.#completed === undefined) {
      const what = `${printable(event.name)} of ${printable(event.fromName)}`;
      this.#say(`${what} is here since an earlier run: its sender has the receipt now`);
    }
    this.#noted(this.#completed === undefined || event.offerId === this.#completed.offerId);
  }

  /** It is as if it had not been offered: another offer may come, or the same once more. */
  #withdrawn(): void {
    if (!this.#options.once || this.#completed !== undefined) return;
    this.#say('waiting for the next offer');
    this.#next(() => true);
  }

  #say(message: string): void {
    this.#scene.output.tell({ type: 'notice', code: 'receive', message });
  }

  /** @param isOver whose does not keep others from being asked about any more */
  #next(isOver: (from: PeerId) => boolean): void {
    for (const [offerId, from] of this.#accepted) if (isOver(from)) this.#accepted.delete(offerId);
    this.#desk.next();
  }

  #noted(isOurs: boolean): void {
    if (isOurs) this.#end(this.#code);
  }

  /** What came but for some files is not all that was sent: a script is told so. */
  get #code(): number {
    return (this.#completed?.failed ?? 0) > 0 ? FAILED : 0;
  }

  #fail(): void {
    if (this.#options.once && this.#completed === undefined) this.#end(FAILED);
  }

  #miss(): void {
    const seconds = (this.#options.patienceMs ?? 0) / 1000;
    const message = `nothing came within ${seconds} s: start the sender, or wait longer with --timeout`;
    this.#giveUp(new P2pError('offline', message));
  }

  #nobody(): void {
    const why = 'input has ended, so nobody can say yes: --accept trusted or all takes it unasked';
    complain(this.#scene.streams.stderr, new Error(why));
    this.#end(FAILED);
  }
}

function waitingText({ peer }: Scene): string {
  const own = `${printable(peer.name)} (${shortId(peer.peerId)})`;
  return `Waiting for what others send to ${own} on ${address(peer.host, peer.ports.mesh)}; Ctrl-C ends.`;
}
