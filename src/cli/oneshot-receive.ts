/** `p2p receive`: a peer that waits for what others send, until it is stopped or, with `--once`, until one offer is there. */
import type { Settings } from '#config/load.js';
import { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import { isCalled, isProvenFrom, unproven } from '#src/domain/send/inbox-policy.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import type { Told } from '#src/peer/api.js';
import { TrustList } from '#src/peer/trust/trust-list.js';
import { shortId } from './amounts.js';
import { OfferDesk } from './offer-desk.js';
import { type Oneshot, runOneshot, type Scene } from './oneshot.js';
import { complain, type ProcessStreams } from './process-streams.js';
import { address } from './sentence.js';
import type { PeerOptions } from './start.js';
import { typedPath } from './typed-path.js';
import { StdinAsker } from './yes-no.js';

export type ReceiveOptions = PeerOptions & {
  readonly once: boolean;
  /** Whose offers alone are taken or asked about; anybody's where it is undefined. */
  readonly from: string | undefined;
  /** The folder that it goes into; the inbox where it is undefined. */
  readonly to: string | undefined;
};

const FAILED = 1;

/** After all is there: how long the sender may take to note the receipt. He gets it at the next start, too. */
const NOTED_WITHIN_MS = 5000;

const TOLD: ReadonlySet<Told['type']> = new Set<Told['type']>([
  'offer-accepted',
  'offer-completed',
  'offer-paused',
  'offer-withdrawn',
  'download-started',
  'download-progress',
  'download-waiting',
  'download-completed',
  'download-failed',
  'transfer',
  'actor-restarted',
  'notice',
  'error',
]);

/** Never rejects. @returns 0 with `--once` when it is there, 1 where it failed or nobody can say yes, 130 after Ctrl-C. */
export function oneshotReceive(options: ReceiveOptions, streams: ProcessStreams): Promise<number> {
  const { from, to } = options;
  const oneshot: Oneshot = {
    name: 'receive',
    isCalled: true,
    isTyped: true,
    own(settings) {
      requireSomebody(settings, options, streams);
      const whose = from === undefined ? {} : { from };
      const where = to === undefined ? {} : { folder: typedPath(to, streams) };
      return { inbox: { ...settings.inbox, ...whose, ...where } };
    },
    tells: (event) => isTold(event, from),
    async work(scene) {
      const trust = await TrustList.open(scene.data);
      requireProof(scene.settings, options, trust);
      return new Receiving(options, scene, trust).run();
    },
  };
  return runOneshot(oneshot, options, streams);
}

function isTold(event: Told, from: string | undefined): boolean {
  if (event.type === 'offer-received') return event.isTaken;
  // What is wrong with --from ends the command, which says so itself.
  const isOwn = from !== undefined && event.type === 'notice' && event.code === 'unproven';
  return TOLD.has(event.type) && !isOwn;
}

/** @throws P2pError `usage` where nobody could ever say yes */
function requireSomebody(
  { inbox }: Settings,
  { flags }: PeerOptions,
  { stdin }: ProcessStreams,
): void {
  if (inbox.accept !== 'ask' || flags['inbox.accept'] !== undefined || stdin.isTTY === true) return;
  throw new P2pError(
    'usage',
    'there is no terminal to ask on: --accept trusted or --accept all says what is taken, --accept ask reads y or n from standard input',
  );
}

/** @throws P2pError `usage` where what is taken unasked could be of anybody */
function requireProof({ inbox }: Settings, { from }: ReceiveOptions, { all }: TrustList): void {
  if (from === undefined || inbox.accept === 'ask') return;
  const names = all.flatMap(({ name, state }) => (state === 'trusted' ? [name] : []));
  const wrong = unproven(from, names);
  if (wrong !== undefined) throw new P2pError('usage', `--from ${wrong}`);
}

class Receiving {
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
  #end: (code: number) => void = () => undefined;

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
      isBusy: () => options.once && this.#accepted.size > 0,
      onNobody: () => this.#nobody(),
    });
  }

  async run(): Promise<number> {
    const { peer, over, streams, isJson } = this.#scene;
    const ended = new Promise<number>((resolve) => {
      this.#end = resolve;
    });
    const hearing = peer.events.subscribe((event) => this.#hear(event));
    if (!isJson) streams.stdout.write(`${waitingText(this.#scene)}\n`);
    try {
      return await Promise.race([over, ended]);
    } finally {
      hearing.unsubscribe();
      clearTimeout(this.#patience);
      this.#asker?.end();
    }
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
