/**
 * The packets that left and whose fate matters still, by number. Their records are used again: nothing is allocated a
 * packet. What was lost is remembered for a while, so that an acknowledgement that comes late is understood.
 */

export type PacketKind = 'data' | 'ping' | 'size-probe' | 'fin';

type Fate = 'in-flight' | 'lost' | 'settled';

export type SentPacket = {
  number: number;
  kind: PacketKind;
  fate: Fate;
  /** Of the whole datagram. */
  bytes: number;
  /** Which bytes of the stream it carries, if any. */
  place: number;
  length: number;
  sentAt: number;
  /** How the connection stood when it left: see `delivery-rate.ts`. */
  delivered: number;
  deliveredAt: number;
  firstSentAt: number;
  isAppLimited: boolean;
  /** Whether it left while the queue on the way was given time to empty: see `congestion.ts`. */
  isDraining: boolean;
};

const FEWEST = 64;

/** A window of 8 MiB in the smallest packets is 7,200 of them; as many again may be lost and remembered. */
const MOST = 16_384;

export class SentPackets {
  #ring = newRing();
  #first = 0;
  #next = 0;
  #inFlight = 0;
  #bytesInFlight = 0;

  /** The oldest number that is remembered. */
  get first(): number {
    return this.#first;
  }

  /** The number of the next packet. */
  get next(): number {
    return this.#next;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get bytesInFlight(): number {
    return this.#bytesInFlight;
  }

  /** Whether one more can be remembered. */
  get hasRoom(): boolean {
    return this.#next - this.#first < MOST;
  }

  /** @returns the record of that packet, valid until it is settled and another one is added. */
  get(number: number): SentPacket | undefined {
    return number >= this.#first && number < this.#next ? this.#at(number) : undefined;
  }

  /** One more leaves. @returns its record, in flight, the rest of which the caller fills in. */
  add(kind: PacketKind, bytes: number, now: number): SentPacket {
    if (this.#next - this.#first === this.#ring.length) this.#grow();
    const packet = this.#at(this.#next);
    packet.number = this.#next;
    packet.kind = kind;
    packet.fate = 'in-flight';
    packet.bytes = bytes;
    packet.place = 0;
    packet.length = 0;
    packet.sentAt = now;
    this.#next += 1;
    this.#inFlight += 1;
    this.#bytesInFlight += bytes;
    return packet;
  }

  /** No packet has the next number. */
  skip(now: number): void {
    this.decide(this.add('ping', 0, now), 'settled');
  }

  /** It is on its way no longer. */
  decide(packet: SentPacket, fate: 'lost' | 'settled'): void {
    if (packet.fate === 'in-flight') {
      this.#inFlight -= 1;
      this.#bytesInFlight -= packet.bytes;
    }
    packet.fate = fate;
  }

  /** Forgets the oldest ones, as far as they are settled or were lost before `lostBefore`. */
  forget(lostBefore: number): void {
    while (this.#first < this.#next) {
      const { fate, sentAt } = this.#at(this.#first);
      if (fate === 'in-flight' || (fate === 'lost' && sentAt >= lostBefore)) return;
      this.#first += 1;
    }
  }

  /** Forgets all of them. */
  release(): void {
    this.#first = this.#next;
    this.#inFlight = 0;
    this.#bytesInFlight = 0;
    this.#ring = newRing();
  }

  #at(number: number): SentPacket {
    return this.#ring[number % this.#ring.length] as SentPacket;
  }

  #grow(): void {
    const ring = Array.from({ length: this.#ring.length * 2 }, blank);
    for (let number = this.#first; number < this.#next; number += 1) {
      ring[number % ring.length] = this.#at(number);
    }
    this.#ring = ring;
  }
}

function newRing(): SentPacket[] {
  return Array.from({ length: FEWEST }, blank);
}

function blank(): SentPacket {
  return {
    number: 0,
    kind: 'data',
    fate: 'settled',
    bytes: 0,
    place: 0,
    length: 0,
    sentAt: 0,
    delivered: 0,
    deliveredAt: 0,
    firstSentAt: 0,
    isAppLimited: false,
    isDraining: false,
  };
}
