/**
 * Listens for reliable streams over datagrams. Nothing is kept of whoever says a first word: he is given a token, and only
 * who brings it back from the address it was sent to gets a connection. Nobody is answered with more than he sent.
 */
import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { HoldingBudget } from '#src/domain/datagram/incoming-stream.js';
import {
  HEADER_BYTES,
  RESET,
  RESET_TOKEN_BYTES,
  type Syn,
  type SynAck,
} from '#src/domain/datagram/packet.js';
import type { Address } from '#src/domain/datagram/path.js';
import { newStrays, type Strays } from '#src/domain/datagram/strays.js';
import { KiB, MiB } from '#src/domain/limits.js';
import { readSyn, writeSynAck } from '#src/wire/handshake-packet.js';
import { type Header, PACKET } from '#src/wire/packet.js';
import { writeReset } from '#src/wire/packet-writer.js';
import { readUint48, writeUint48 } from '#src/wire/uint48.js';
import { DatagramLines } from './datagram-lines.js';
import { type DatagramPort, openDatagramPort } from './datagram-port.js';
import type { DatagramStream } from './datagram-stream.js';
import { datagramLimit, MOST_DATAGRAM_BYTES } from './path-limit.js';

/** Whoever listens is asked for much and sent little. */
const WINDOW_BYTES = 256 * KiB;

/** What all of them together may send ahead of its turn. */
const HELD_BYTES = 16 * MiB;

/** A token is good for as long as a handshake may take. */
const TOKEN_US = 10_000_000;
const TIME_BYTES = 6;
const PROOF_BYTES = 16;

/** As long as the hash it is for. */
const KEY_BYTES = 32;

const RESET_BYTES = HEADER_BYTES + 1 + RESET_TOKEN_BYTES;

export type ServerOptions = {
  readonly host: string;
  readonly port: number;
  /** Known to this peer alone, and the same after a restart: what it signed before stays true. */
  readonly secret: string;
  /** Bytes that may come before they are read. */
  readonly window?: number;
  readonly lossShare?: number;
  /** Counts in these what came to nothing. */
  readonly strays?: Strays;
  readonly onStream: (stream: DatagramStream) => void;
};

/** A connection, as it was agreed on; `limit` is the largest datagram on the way to its first address. */
type Agreed = { readonly id: number; readonly limit: number };

export class DatagramServer {
  readonly #port: DatagramPort;
  readonly #lines: DatagramLines;
  readonly #options: ServerOptions;
  readonly #resetKey: Buffer;
  /** Of this life alone: its clock began with it, and what an earlier one gave out would seem to be of now. */
  readonly #tokenKey = randomBytes(KEY_BYTES);
  readonly #budget: HoldingBudget = { left: HELD_BYTES };
  /** Connections by the address that dialled and its own number for it: its first word may come again. */
  readonly #known = new Map<string, Agreed>();
  readonly #keys = new Map<number, string>();

  constructor(port: DatagramPort, options: ServerOptions) {
    this.#port = port;
    this.#options = options;
    this.#resetKey = Buffer.from(
      hkdfSync('sha256', options.secret, '', 'p2p datagrams', KEY_BYTES),
    );
    this.#lines = new DatagramLines(port, (id) => this.#forget(id));
  }

  get port(): number {
    return this.#port.address.port;
  }

  /** How many there are, ended ones that may be spoken to still among them. */
  get connections(): number {
    return this.#lines.size;
  }

  /** Breaks every connection off, and closes the port once their last words have left. */
  close(): void {
    this.#lines.destroy();
    void this.#port.close();
  }

  /** Closes the port without a word, as a crash does. */
  vanish(): Promise<void> {
    return this.#port.close();
  }

  take(header: Header, bytes: Uint8Array, view: DataView, from: Address, now: number): void {
    if (this.#lines.take(header, bytes, view, from, now)) return;
    if (header.type === PACKET.syn) {
      const syn = readSyn(bytes, view);
      if (syn === undefined) this.#port.strays.unknown += 1;
      else this.#welcome(header.number, syn, from, now);
      return;
    }
    this.#port.strays.unknown += 1;
    // Not to be answered with more than came, nor an answer by another without end.
    if (header.type !== PACKET.reset && bytes.length >= RESET_BYTES) {
      this.#disown(header.connection, from);
    }
  }

  goOn(): void {
    this.#lines.goOn();
  }

  #welcome(number: number, syn: Syn, from: Address, now: number): void {
    const key = `${from.host} ${from.port} ${syn.id}`;
    const known = this.#known.get(key);
    if (known !== undefined) {
      this.#say(number, syn, from, this.#accepted(known));
      return;
    }
    const issuedAt = this.#timeOf(syn.token, key);
    if (issuedAt === undefined || now - issuedAt > TOKEN_US || now < issuedAt) {
      if (syn.token.length > 0) this.#port.strays.unknown += 1;
      this.#say(number, syn, from, { type: 'come-again', token: this.#token(key, now) });
      return;
    }
    const agreed = { id: this.#lines.newId(), limit: datagramLimit(from.host) };
    this.#known.set(key, agreed);
    this.#keys.set(agreed.id, key);
    this.#say(number, syn, from, this.#accepted(agreed));
    this.#options.onStream(this.#open(agreed, syn, from, now - issuedAt));
  }

  #open({ id, limit }: Agreed, syn: Syn, from: Address, rttUs: number): DatagramStream {
    return this.#lines.open(id, syn.id, this.#resetToken(id), {
      address: from,
      datagramLimit: Math.min(syn.datagramLimit, limit),
      window: this.#window,
      credit: syn.credit,
      socketBytes: syn.socketBytes,
      rttUs,
      budget: this.#budget,
    });
  }

  #accepted({ id, limit }: Agreed): SynAck {
    return {
      type: 'accepted',
      id,
      credit: this.#window,
      datagramLimit: limit,
      socketBytes: this.#port.socketBytes,
      resetToken: this.#resetToken(id),
    };
  }

  get #window(): number {
    return this.#options.window ?? WINDOW_BYTES;
  }

  #say(number: number, syn: Syn, to: Address, said: SynAck): void {
    if (!this.#port.hasRoom) return;
    const slot = this.#port.slot();
    this.#port.send(slot, writeSynAck(slot, syn.id, number, said), to);
  }

  /** Whoever speaks to a connection that is gone, by a restart perhaps, need not wait to find out. */
  #disown(connection: number, to: Address): void {
    if (!this.#port.hasRoom) return;
    const slot = this.#port.slot();
    const bytes = writeReset(slot, connection, RESET.unknown, this.#resetToken(connection));
    this.#port.send(slot, bytes, to);
  }

  #token(key: string, now: number): Uint8Array {
    const token = new Uint8Array(TIME_BYTES + PROOF_BYTES);
    writeUint48(new DataView(token.buffer), 0, Math.floor(now));
    token.set(proofOf(`token ${Math.floor(now)} ${key}`, this.#tokenKey), TIME_BYTES);
    return token;
  }

  /** @returns when a token was issued to this address, in our time; undefined for one that was not. */
  #timeOf(token: Uint8Array, key: string): number | undefined {
    if (token.length !== TIME_BYTES + PROOF_BYTES) return undefined;
    const issuedAt = readUint48(new DataView(token.buffer, token.byteOffset, token.length), 0);
    const proof = proofOf(`token ${issuedAt} ${key}`, this.#tokenKey);
    return timingSafeEqual(token.subarray(TIME_BYTES), proof) ? issuedAt : undefined;
  }

  #resetToken(id: number): Uint8Array {
    return proofOf(`reset ${id}`, this.#resetKey).subarray(0, RESET_TOKEN_BYTES);
  }

  #forget(id: number): void {
    const key = this.#keys.get(id);
    this.#keys.delete(id);
    if (key !== undefined) this.#known.delete(key);
  }
}

function proofOf(text: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update(text).digest().subarray(0, PROOF_BYTES);
}

/** Binds the port. @throws the system's error where it cannot be had. */
export async function listenForDatagrams(options: ServerOptions): Promise<DatagramServer> {
  const { host, port: number, lossShare = 0, strays = newStrays() } = options;
  const port = await openDatagramPort({
    host,
    port: number,
    datagramBytes: MOST_DATAGRAM_BYTES,
    lossShare,
    strays,
  });
  const server = new DatagramServer(port, options);
  port.hear(
    (header, bytes, view, from, now) => server.take(header, bytes, view, from, now),
    () => server.goOn(),
  );
  return server;
}
