/** `p2p receive`: a peer that waits for what others send, until it is stopped or, with `--once`, until one offer is there. */
import type { Settings } from '#config/load.js';
import { P2pError } from '#src/domain/errors.js';
import { printable } from '#src/domain/printable.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import type { Told } from '#src/peer/api.js';
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
  const { to } = options;
  const oneshot: Oneshot = {
    name: 'receive',
    isCalled: true,
    isTyped: true,
    own(settings) {
      requireSomebody(settings, options, streams);
      if (to === undefined) return {};
      return { inbox: { ...settings.inbox, folder: typedPath(to, streams) } };
    },
    tells: (event) => TOLD.has(event.type) || (event.type === 'offer-received' && event.isTaken),
    work: (scene) => new Receiving(options, scene).run(),
  };
  return runOneshot(oneshot, options, streams);
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

class Receiving {
  readonly #options: ReceiveOptions;
  readonly #scene: Scene;
  readonly #asker: StdinAsker | undefined;
  readonly #desk: OfferDesk;
  readonly #accepted = new Set<OfferId>();
  /** What is there, with `--once`, and whose receipt is on its way. */
  #completed: Extract<Told, { type: 'offer-completed' }> | undefined;
  #patience: NodeJS.Timeout | undefined;
  #end: (code: number) => void = () => undefined;

  constructor(options: ReceiveOptions, scene: Scene) {
    this.#options = options;
    this.#scene = scene;
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
        if (!event.isTaken) this.#desk.put(event);
        return;
      case 'offer-withdrawn':
        return this.#desk.withdraw(event.offerId);
      case 'offer-accepted':
        this.#accepted.add(event.offerId);
        return;
      case 'offer-completed':
        return this.#complete(event);
      case 'receipt-noted':
        return this.#noted(event.offerId === this.#completed?.offerId);
      case 'link-down':
        // What he said over it came before its end; his goodbye to the whole network may overtake it.
        return this.#noted(event.peerId === this.#completed?.from);
      case 'download-failed':
        return this.#fail();
      case 'notice':
        return event.code === 'withdrawn' ? this.#fail() : undefined;
      default:
        return;
    }
  }

  #complete(event: Extract<Told, { type: 'offer-completed' }>): void {
    this.#accepted.delete(event.offerId);
    if (!this.#options.once || this.#completed !== undefined) return;
    this.#completed = event;
    this.#patience = setTimeout(() => this.#end(0), NOTED_WITHIN_MS);
  }

  #noted(isOurs: boolean): void {
    if (isOurs) this.#end(0);
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
