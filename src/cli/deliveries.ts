/** What became of offers: with the one they are for, or with all who want them. Ends when there is nothing more to come. */
import type { PeerId } from '#src/domain/ids.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import type { Told } from '#src/peer/api.js';

type Standing = 'accepted' | 'received' | 'rejected' | 'full' | 'left';

type Offered = {
  readonly recipients: Map<PeerId, Standing>;
  /** What keeps some from taking it, though they would. */
  readonly obstacles: Map<PeerId, string>;
  /** Why it cannot be had any more. */
  failed?: string;
  /** Files that changed or vanished, and came to nobody. */
  lacking: number;
};

/** `nobody`: offered to all, and nobody took it. */
export type Verdict = 'open' | 'received' | 'nobody' | { readonly why: string };

export type DeliveriesOptions = {
  /** To everybody where it is undefined. */
  readonly to: PeerId | undefined;
  /** How long one may be away, and how long an offer to all stands; undefined where that does not matter. */
  readonly patienceMs: number | undefined;
};

const WHY: Readonly<Record<Exclude<Standing, 'accepted' | 'received'>, string>> = {
  rejected: 'it is not wanted',
  full: 'too many offers are waiting there',
  left: 'the other side has left before it had all of it',
};

export class Deliveries {
  readonly #options: DeliveriesOptions;
  readonly #offers = new Map<OfferId, Offered>();
  readonly #away = new Map<PeerId, NodeJS.Timeout>();
  #standing: NodeJS.Timeout | undefined;
  /** An offer to all has stood for long enough. */
  #isLate = false;
  #look: () => void = () => undefined;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  /** Events may be heard before the offer that they are about is known to be ours. */
  hear(event: Told): void {
    if (event.type === 'offer-answered') this.#answered(event);
    if (event.type === 'send-received') {
      this.#note(event.offerId, event.peerId, 'received');
      this.#offered(event.offerId).lacking = event.failed;
    }
    if (event.type === 'send-failed') this.#offered(event.offerId).failed = event.message;
    if (event.type === 'peer-down') this.left(event.peerId);
    if (event.type === 'peer-up') this.#back(event.peerId);
    this.#look();
  }

  /** Resolves once there is nothing more to come of any of them. */
  async ended(offers: readonly OfferId[]): Promise<readonly Verdict[]> {
    const { to, patienceMs } = this.#options;
    if (to === undefined && patienceMs !== undefined) {
      this.#standing = setTimeout(() => this.#late(), patienceMs);
    }
    return new Promise((resolve) => {
      this.#look = () => {
        const verdicts = offers.map((offer) => this.verdict(offer));
        if (!verdicts.includes('open')) resolve(verdicts);
      };
      this.#look();
    });
  }

  verdict(offer: OfferId): Verdict {
    const offered = this.#offered(offer);
    const { failed } = offered;
    if (failed !== undefined) return { why: failed };
    return this.#options.to === undefined ? this.#ofAll(offered) : this.#ofOne(offered);
  }

  /** How many files of it came to nobody, as they changed or vanished meanwhile. */
  lacking(offer: OfferId): number {
    return this.#offered(offer).lacking;
  }

  /** He is not here: how long that may last begins now. */
  left(peer: PeerId): void {
    const { patienceMs } = this.#options;
    if (patienceMs === undefined || this.#away.has(peer)) return;
    this.#away.set(
      peer,
      setTimeout(() => this.#gone(peer), patienceMs),
    );
  }

  close(): void {
    clearTimeout(this.#standing);
    for (const timer of this.#away.values()) clearTimeout(timer);
  }

  #ofOne({ recipients, obstacles }: Offered): Verdict {
    const [standing] = recipients.values();
    const [why] = obstacles.values();
    const isPatient = this.#options.patienceMs === undefined && standing === 'accepted';
    if (why !== undefined && standing !== 'received' && !isPatient) return { why };
    if (standing === undefined || standing === 'accepted') return 'open';
    if (standing === 'full' && this.#options.patienceMs === undefined) return 'open';
    return standing === 'received' ? 'received' : { why: WHY[standing] };
  }

  #ofAll({ recipients, obstacles }: Offered): Verdict {
    // Who cannot take it for now is waited for with --wait alone.
    const isPatient = this.#options.patienceMs === undefined;
    const standings = Array.from(recipients, ([peer, standing]) =>
      standing === 'accepted' && obstacles.has(peer) && !isPatient ? 'rejected' : standing,
    );
    const isReceived = standings.includes('received');
    if (standings.includes('accepted') || !(isReceived || this.#isLate)) return 'open';
    if (this.#options.patienceMs !== undefined && !this.#isLate) return 'open';
    if (standings.includes('left')) return { why: WHY.left };
    if (isReceived) return 'received';
    const [why = WHY.rejected] = obstacles.values();
    return standings.length === 0 ? 'nobody' : { why };
  }

  #answered({ offerId, peerId, answer, why }: Extract<Told, { type: 'offer-answered' }>): void {
    const { obstacles } = this.#offered(offerId);
    if (why === undefined || answer === 'full') obstacles.delete(peerId);
    else obstacles.set(peerId, why.message);
    this.#note(offerId, peerId, answer);
  }

  #note(offer: OfferId, peer: PeerId, standing: Standing): void {
    const { recipients } = this.#offered(offer);
    if (recipients.get(peer) !== 'received') recipients.set(peer, standing);
  }

  #gone(peer: PeerId): void {
    for (const [offer, { recipients }] of this.#offers) {
      const isHis = this.#options.to === peer || recipients.get(peer) === 'accepted';
      if (isHis && recipients.get(peer) !== 'rejected') this.#note(offer, peer, 'left');
    }
    this.#look();
  }

  #back(peer: PeerId): void {
    clearTimeout(this.#away.get(peer));
    this.#away.delete(peer);
  }

  #late(): void {
    this.#isLate = true;
    this.#look();
  }

  #offered(offer: OfferId): Offered {
    const known = this.#offers.get(offer);
    if (known !== undefined) return known;
    const offered: Offered = { recipients: new Map(), obstacles: new Map(), lacking: 0 };
    this.#offers.set(offer, offered);
    return offered;
  }
}
