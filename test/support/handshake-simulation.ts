/** Whoever dials, and whoever listens, on a network in virtual time: the first words of a connection, byte for byte. */
import { Dialling } from '#src/domain/datagram/dialling.js';
import type { SynAck, Terms } from '#src/domain/datagram/packet.js';
import type { Address } from '#src/domain/datagram/path.js';
import { readSyn, readSynAck, writeSyn, writeSynAck } from '#src/wire/handshake-packet.js';
import { newSlot, PACKET } from '#src/wire/packet.js';
import type { DatagramNetwork, Way } from './datagram-simulation.js';
import { headerOf, viewOf } from './packet-header.js';

const DIALLER: Address = { host: 'dialler', port: 1 };
const LISTENER: Address = { host: 'listener', port: 1 };

const OWN: Terms = { id: 7, credit: 1, datagramLimit: 1472, socketBytes: 1 };
const TOKEN = Uint8Array.from({ length: 22 }, (_, at) => at);

/** What the listener says to who is where he says. */
export const ACCEPTED: SynAck = {
  type: 'accepted',
  ...OWN,
  id: 9,
  resetToken: new Uint8Array(16),
};

class Dialler {
  readonly address = DIALLER;
  readonly outgoing: Way;
  readonly dialling = new Dialling(0);
  readonly #network: DatagramNetwork;
  readonly #slot = newSlot(1200);

  constructor(network: DatagramNetwork, outgoing: Way) {
    this.#network = network;
    this.outgoing = outgoing;
    network.listen(DIALLER, this);
    this.#turn();
  }

  arrive(datagram: Uint8Array): void {
    const header = headerOf(datagram);
    if (header?.type !== PACKET.synAck) return;
    const said = readSynAck(datagram, viewOf(datagram));
    if (said === undefined) return;
    this.dialling.answered(header.number, said, this.#network.now);
    this.#turn();
  }

  #turn(): void {
    const network = this.#network;
    const word = this.dialling.tick(network.now);
    if (word !== undefined) {
      const length = writeSyn(this.#slot, word.number, { ...OWN, token: word.token });
      network.carry(this, this.#slot.bytes.slice(0, length), LISTENER);
    }
    const { dueAt } = this.dialling;
    if (dueAt < Number.POSITIVE_INFINITY) network.later(dueAt - network.now, () => this.#turn());
  }
}

class Listener {
  readonly address = LISTENER;
  readonly outgoing: Way;
  /** Whether anybody came who had a token. */
  hasOpened = false;
  /** Whether anybody was ever told more than he had said. */
  hasSaidMore = false;
  readonly #network: DatagramNetwork;
  readonly #slot = newSlot(1200);

  constructor(network: DatagramNetwork, outgoing: Way) {
    this.#network = network;
    this.outgoing = outgoing;
    network.listen(LISTENER, this);
  }

  arrive(datagram: Uint8Array): void {
    const header = headerOf(datagram);
    const syn = header?.type === PACKET.syn ? readSyn(datagram, viewOf(datagram)) : undefined;
    if (header === undefined || syn === undefined) return;
    const isProven = Buffer.from(syn.token).equals(TOKEN);
    this.hasOpened ||= isProven;
    const said: SynAck = isProven ? ACCEPTED : { type: 'come-again', token: TOKEN };
    const length = writeSynAck(this.#slot, syn.id, header.number, said);
    this.hasSaidMore ||= length > datagram.length;
    this.#network.carry(this, this.#slot.bytes.slice(0, length), DIALLER);
  }
}

/** Dials once. @returns how it ended, when, and what the listener did. */
export function dialOver(network: DatagramNetwork, there: Way, back: Way) {
  const listener = new Listener(network, back);
  const { dialling } = new Dialler(network, there);
  network.run(Number.POSITIVE_INFINITY, () => dialling.outcome !== undefined);
  const { hasOpened, hasSaidMore } = listener;
  return { outcome: dialling.outcome, now: network.now, hasOpened, hasSaidMore };
}
