/** Dials a reliable stream over datagrams, from a socket of its own. */
import { lookup } from 'node:dns/promises';
import { isIP, isIPv6 } from 'node:net';
import { Dialling } from '#src/domain/datagram/dialling.js';
import type { Syn, SynAck, Terms } from '#src/domain/datagram/packet.js';
import type { Address } from '#src/domain/datagram/path.js';
import { P2pError } from '#src/domain/errors.js';
import { hostPortText } from '#src/domain/host-port.js';
import { MiB } from '#src/domain/limits.js';
import { readSynAck, writeSyn } from '#src/wire/handshake-packet.js';
import { PACKET } from '#src/wire/packet.js';
import { DatagramLines } from './datagram-lines.js';
import { type DatagramPort, nowUs, openDatagramPort } from './datagram-port.js';
import type { DatagramStream } from './datagram-stream.js';
import { datagramLimit } from './path-limit.js';

/** What may come before its reader takes any: a gigabit network with 60 ms there and back. */
const WINDOW_BYTES = 8 * MiB;

/** The same once the first of it is missing: what holding it costs is counted too. */
const HELD_BYTES = 2 * WINDOW_BYTES;

const US_PER_MS = 1000;

type Accepted = { readonly terms: Extract<SynAck, { type: 'accepted' }>; readonly rttUs: number };

export type DatagramDialOptions = {
  /** Drops so many of all packets that arrive, on purpose, to show what becomes of it. */
  readonly lossShare?: number | undefined;
  /** How long an answer is waited for. */
  readonly patienceMs?: number | undefined;
};

/**
 * @returns a stream to whoever listens there for datagrams.
 * @throws P2pError `unreachable`
 */
export async function dialDatagrams(
  host: string,
  port: number,
  { lossShare = 0, patienceMs }: DatagramDialOptions = {},
): Promise<DatagramStream> {
  const address: Address = { host: await addressOf(host), port };
  const limit = datagramLimit(address.host);
  const own = await openOwnPort(address, limit, lossShare);
  const lines = new DatagramLines(own, () => void own.close());
  const { socketBytes } = own;
  const terms = { id: lines.newId(), credit: WINDOW_BYTES, datagramLimit: limit, socketBytes };
  const call = new Call(own, address, terms, patienceMs);
  own.hear(
    (header, bytes, view, from, now) => {
      if (lines.take(header, bytes, view, from, now) || header.type !== PACKET.synAck) return;
      const said = readSynAck(bytes, view);
      if (said !== undefined) call.answered(header.connection, header.number, said, now);
    },
    () => lines.goOn(),
  );
  try {
    const accepted = await call.settled;
    return lines.open(terms.id, accepted.terms.id, accepted.terms.resetToken, {
      address,
      datagramLimit: Math.min(limit, accepted.terms.datagramLimit),
      window: WINDOW_BYTES,
      credit: accepted.terms.credit,
      socketBytes: accepted.terms.socketBytes,
      rttUs: accepted.rttUs,
      budget: { left: HELD_BYTES },
    });
  } catch (error) {
    await own.close();
    throw error;
  }
}

function openOwnPort(to: Address, datagramBytes: number, lossShare: number): Promise<DatagramPort> {
  const host = isIPv6(to.host) ? '::' : '0.0.0.0';
  return openDatagramPort({ host, port: 0, datagramBytes, lossShare });
}

/** Says SYN until it is answered. */
class Call {
  readonly settled: Promise<Accepted>;
  readonly #port: DatagramPort;
  readonly #to: Address;
  readonly #terms: Terms;
  readonly #dialling: Dialling;
  #settle: (accepted: Accepted) => void = () => {};
  #fail: (error: P2pError) => void = () => {};
  #timer: NodeJS.Timeout | undefined;

  constructor(port: DatagramPort, to: Address, terms: Terms, patienceMs?: number) {
    this.#dialling = new Dialling(nowUs(), patienceMs && patienceMs * US_PER_MS);
    this.#port = port;
    this.#to = to;
    this.#terms = terms;
    this.settled = new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#fail = reject;
    });
    this.#step();
  }

  answered(connection: number, number: number, said: SynAck, now: number): void {
    if (connection !== this.#terms.id) return;
    this.#dialling.answered(number, said, now);
    this.#step();
  }

  #step(): void {
    clearTimeout(this.#timer);
    const now = nowUs();
    const word = this.#dialling.tick(now);
    if (word !== undefined) this.#say(word.number, { ...this.#terms, token: word.token });
    const { outcome, dueAt } = this.#dialling;
    if (outcome === undefined) {
      this.#timer = setTimeout(() => this.#step(), Math.ceil((dueAt - now) / US_PER_MS));
    } else if (outcome.type === 'accepted') this.#settle(outcome);
    else this.#fail(unanswered(this.#to, outcome.tries, this.#port.lastTrouble));
  }

  #say(number: number, syn: Syn): void {
    const slot = this.#port.slot();
    this.#port.send(slot, writeSyn(slot, number, syn), this.#to);
  }
}

function unanswered(address: Address, tries: number, cause: Error | undefined): P2pError {
  const why = cause === undefined ? '' : ` (${cause.message})`;
  return new P2pError(
    'unreachable',
    `nobody answered at ${hostPortText(address)}, to ${tries} datagrams${why}: is it started there, and does a firewall let UDP in?`,
    cause === undefined ? {} : { cause },
  );
}

/**
 * Sockets for datagrams look names up for each packet: this one is looked up once. By IPv4 where there is a choice, as
 * whoever listens does unless told otherwise: unlike TCP we do not try one after the other.
 */
async function addressOf(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  try {
    return (await lookup(host, { order: 'ipv4first' })).address;
  } catch (cause) {
    throw new P2pError('unreachable', `${host} cannot be reached: no such host`, { cause });
  }
}
