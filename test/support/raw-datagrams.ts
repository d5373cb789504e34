/** Plain UDP sockets that say packets of their own, and a man on the way who keeps, changes and repeats what he carries. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { HEADER_BYTES, type Terms } from '#src/domain/datagram/packet.js';
import { BASE_BYTES } from '#src/domain/datagram/packet-size.js';
import { readSynAck, writeSyn } from '#src/wire/handshake-packet.js';
import { newSlot, PACKET } from '#src/wire/packet.js';
import { readUint48 } from '#src/wire/uint48.js';
import { headerOf, viewOf } from './packet-header.js';
import { HOST } from './places.js';

export const TERMS: Terms = { id: 5, credit: 100_000, datagramLimit: 1472, socketBytes: 100_000 };

export function synPacket(token: Uint8Array, terms: Terms = TERMS, number = 0): Uint8Array {
  const slot = newSlot(BASE_BYTES);
  writeSyn(slot, number, { ...terms, token });
  return slot.bytes;
}

export class RawCaller {
  /** Datagrams that came, in order. */
  readonly heard: Buffer[] = [];
  bytesOut = 0;
  bytesIn = 0;
  readonly #socket: Socket;
  readonly #port: number;

  constructor(socket: Socket, port: number) {
    this.#socket = socket;
    this.#port = port;
    socket.on('message', (datagram) => {
      this.bytesIn += datagram.length;
      this.heard.push(datagram);
    });
  }

  /** Resolves once it has left, and whoever listens in this process has had a turn to answer. */
  async say(datagram: Uint8Array): Promise<void> {
    this.bytesOut += datagram.length;
    await new Promise((resolve) => this.#socket.send(datagram, this.#port, HOST, resolve));
    await turn();
  }

  /** Says a first word, and resolves with the answer to it. */
  async ask(datagram: Uint8Array): Promise<Buffer> {
    const id = readUint48(viewOf(datagram), HEADER_BYTES);
    const answer = new Promise<Buffer>((resolve) => {
      const hear = (said: Buffer) => {
        const header = headerOf(said);
        if (header?.type !== PACKET.synAck || header.connection !== id) return;
        this.#socket.off('message', hear);
        resolve(said);
      };
      this.#socket.on('message', hear);
    });
    await this.say(datagram);
    return answer;
  }

  /** @returns a token for that number of a connection, from here. */
  async token(terms: Terms = TERMS): Promise<Uint8Array> {
    const said = await this.ask(synPacket(new Uint8Array(0), terms));
    const answer = readSynAck(said, viewOf(said));
    if (answer?.type !== 'come-again') throw new Error('no token came');
    return answer.token;
  }
}

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, HOST);
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  return socket;
}

/** @param port whom it calls on this machine. */
export async function rawCaller(port: number): Promise<RawCaller> {
  return new RawCaller(await bound(), port);
}

/** `there` is to who listens. */
export type Carried = { readonly there: boolean; readonly datagram: Buffer };

/** Dialled in place of the listener; carries everything both ways, for one dialler. */
export class Relay {
  readonly carried: Carried[] = [];
  /** What becomes of each: carried as it is unless told. */
  pass: (carried: Carried, carry: (datagram: Uint8Array) => void) => void = ({ datagram }, carry) =>
    carry(datagram);
  readonly #near: Socket;
  #far: Socket;
  readonly #port: number;
  #dialler: RemoteInfo | undefined;
  #isOver = false;

  constructor(near: Socket, far: Socket, port: number) {
    onTestFinished(() => {
      this.#isOver = true;
    });
    this.#near = near;
    this.#far = far;
    this.#port = port;
    near.on('message', (datagram, from) => {
      this.#dialler = from;
      this.#take({ there: true, datagram });
    });
    this.#hear(far);
  }

  get port(): number {
    return this.#near.address().port;
  }

  /** From now on what it carries there comes from another port. */
  async move(): Promise<void> {
    const far = await bound();
    this.#hear(far);
    this.#far = far;
  }

  there(datagram: Uint8Array): void {
    if (!this.#isOver) this.#far.send(datagram, this.#port, HOST);
  }

  back(datagram: Uint8Array): void {
    if (this.#isOver || this.#dialler === undefined) return;
    this.#near.send(datagram, this.#dialler.port, HOST);
  }

  /** @returns all that was carried of one type. */
  of(type: number, there: boolean): readonly Buffer[] {
    const same = this.carried.filter((one) => one.there === there);
    return same.map(({ datagram }) => datagram).filter((one) => headerOf(one)?.type === type);
  }

  #hear(far: Socket): void {
    far.on('message', (datagram) => this.#take({ there: false, datagram }));
  }

  #take(carried: Carried): void {
    this.carried.push(carried);
    this.pass(carried, (datagram) => (carried.there ? this.there(datagram) : this.back(datagram)));
  }
}

/** @param port of who listens. */
export async function relayTo(port: number): Promise<Relay> {
  return new Relay(await bound(), await bound(), port);
}
