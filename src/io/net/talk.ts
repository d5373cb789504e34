/**
 * What goes on in a session: hellos, then messages both ways, a sign of life now and then, and an end that both sides
 * understand. Chunk bytes go past it to `onChunkBytes`, uncopied.
 */
import { Observable } from 'rxjs';
import { P2pError } from '#src/domain/errors.js';
import { ADMISSION } from '#src/domain/peers/admission.js';
import { FrameReader, type FrameType } from '#src/wire/frame.js';
import { type Hello, type Role, VERSIONS } from '#src/wire/hello.js';
import { decodeMessage, type Message } from '#src/wire/message.js';
import type { Channel } from './channel.js';
import { Delivery, type Received } from './delivery.js';
import { weightOf } from './message-weight.js';
import { Outgoing } from './outgoing.js';
import { PingTimes } from './ping-times.js';
import { Pulse } from './pulse.js';
import { Reading } from './reading.js';
import type { Session, SessionOptions, Traffic } from './session.js';

/** How long the other may take to say hello once the channel stands. */
const HELLO_MS = ADMISSION.handshakeMs;

/** A peer that leaves our last words unread for longer does not get them. */
const LINGER_MS = 1000;

export class Talk {
  readonly #channel: Channel;
  readonly #options: SessionOptions;
  readonly #reader: FrameReader;
  readonly #delivery = new Delivery();
  readonly #closed: Promise<void>;
  #opened: Session | undefined;
  readonly #reading: Reading;
  /** In one read. */
  #messages = 0;
  readonly #pulse: Pulse;
  readonly #pings = new PingTimes();
  readonly #outgoing: Outgoing;

  constructor(channel: Channel, options: SessionOptions) {
    this.#channel = channel;
    this.#options = options;
    this.#reader = new FrameReader({
      frame: (type, request, body) => this.#onFrame(type, request, body),
      chunkBytes: (request, bytes) => this.#onChunkBytes(request, bytes),
    });
    const { socket } = channel;
    this.#reading = new Reading(socket, (bytes) => this.#hear(bytes));
    this.#pulse = new Pulse({
      ...options,
      ping: () => this.#ping(),
      isPaused: () => socket.isPaused(),
      onDead: (why) => this.#destroy(why),
    });
    this.#outgoing = new Outgoing(
      socket,
      () => this.#pulse.sign(),
      (why) => this.#destroy(why),
    );
    socket.on('error', (cause) => this.#hungUp(lostError(cause)));
    socket.on('end', () => this.#hungUp(hungUpError()));
    socket.on('close', () => this.#hungUp(hungUpError()));
    this.#closed = new Promise((resolve) => void socket.once('close', resolve));
    channel.read((bytes) => this.#onBytes(bytes));
  }

  hello(role: Role): void {
    const { name, ports, instance, features = [] } = this.#options.self;
    const { oldest, newest } = VERSIONS;
    this.send({ type: 'hello', oldest, newest, features, role, name, ports, instance });
  }

  /** Waits for the other's hello. @param judge throws to refuse it. */
  async opened(judge: (hello: Hello) => void): Promise<Session> {
    const late = setTimeout(
      () => this.#destroy(new P2pError('timed-out', 'it did not say hello in time')),
      HELLO_MS,
    );
    try {
      const hello = await this.#firstHello();
      judge(hello);
      // A peer that says hello and goodbye in one breath has ended it before we get here.
      if (!this.#delivery.isOver) this.#pulse.start();
      this.#opened = this.#session(hello);
      return this.#opened;
    } catch (error) {
      this.send({ type: 'refused', reason: 'denied' });
      this.#end(error as P2pError);
      throw error;
    } finally {
      clearTimeout(late);
    }
  }

  send(message: Message, request = 0): void {
    if (!this.#delivery.isOver) this.#outgoing.send(message, request);
  }

  async #firstHello(): Promise<Hello> {
    const first = this.#delivery.first();
    this.#reading.want(true);
    const { message } = await first;
    if (message.type === 'hello') return message;
    if (message.type === 'refused') throw new P2pError('refused', 'it refuses us');
    throw new P2pError('protocol', `said ${message.type} before hello`);
  }

  get #traffic(): Traffic {
    const { bytesRead, bytesWritten } = this.#channel.socket;
    const { smoothedMs: rttMs = null, leastMs: leastRttMs = null } = this.#pings;
    return { rttMs, leastRttMs, bytesIn: bytesRead, bytesOut: bytesWritten };
  }

  #ping(): void {
    this.#pings.pinged(performance.now());
    this.send({ type: 'ping' });
  }

  #session(peer: Hello): Session {
    const traffic = () => this.#traffic;
    return {
      get traffic() {
        return traffic();
      },
      peerId: this.#channel.peerId,
      peer,
      remoteHost: this.#channel.remoteHost,
      localHost: this.#channel.localHost,
      received: this.#received(),
      send: (message, request) => this.send(message, request),
      write: (frames, flushed = () => undefined) => this.#outgoing.write(frames, flushed),
      ping: () => this.#ping(),
      pause: () => this.#reading.want(false),
      resume: () => this.#reading.want(true),
      probe: (withinMs) => {
        if (!this.#delivery.isOver) this.#pulse.probe(withinMs);
      },
      closed: this.#closed,
      close: () => this.#close(),
      end: () => this.#end(),
      destroy: (why) => this.#destroy(why),
    };
  }

  #received(): Observable<Received> {
    return new Observable((subscriber) => {
      this.#delivery.to(subscriber);
      if (!this.#delivery.isOver) this.#reading.want(true);
      return () => {
        // After an end the last bytes, a goodbye perhaps, are still leaving.
        if (!this.#delivery.isOver) this.#destroy();
      };
    });
  }

  #onBytes(bytes: Uint8Array): void {
    if (this.#delivery.isOver) return;
    this.#pulse.sign();
    this.#reading.take(bytes);
  }

  /** @returns how many messages that were; none where it has ended, for nothing more will be read. */
  #hear(bytes: Uint8Array): number {
    if (this.#delivery.isOver) return 0;
    this.#messages = 0;
    try {
      this.#reader.push(bytes);
    } catch (error) {
      this.#destroy(error as P2pError);
    }
    return this.#delivery.isOver ? 0 : this.#messages;
  }

  #onChunkBytes(request: number, bytes: Uint8Array): void {
    if (this.#options.onChunkBytes === undefined || this.#opened === undefined) {
      throw new P2pError('protocol', 'chunk bytes that nobody asked for');
    }
    this.#options.onChunkBytes(request, bytes, this.#opened);
  }

  #onFrame(type: FrameType, request: number, body: Uint8Array): void {
    if (this.#delivery.isOver) return;
    const message = decodeMessage(type, body);
    this.#messages += weightOf(message);
    if (message.type === 'ping') this.send({ type: 'pong' }, request);
    else if (message.type === 'bye') this.#end();
    else if (message.type === 'pong') this.#pings.answered(performance.now());
    else if (!this.#delivery.hand({ message, request })) {
      this.#reading.want(false);
    }
  }

  #close(): void {
    if (!this.#delivery.isOver) this.send({ type: 'bye' });
    this.#end();
    this.#channel.socket.destroySoon();
  }

  /** It is gone, but not what it had said before. */
  #hungUp(why: P2pError): void {
    this.#reading.catchUp();
    this.#end(why);
  }

  #destroy(why?: P2pError): void {
    this.#end(why);
    this.#channel.socket.destroy();
  }

  #end(error?: P2pError): void {
    if (this.#delivery.isOver) return;
    const { socket } = this.#channel;
    this.#pulse.stop();
    this.#reading.stop();
    this.#outgoing.close();
    this.#delivery.end(error);
    socket.destroySoon();
    if (socket.destroyed) return;
    const linger = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(linger));
  }
}

function lostError(cause: Error): P2pError {
  return new P2pError('unreachable', `the connection broke: ${cause.message}`, { cause });
}

function hungUpError(): P2pError {
  return new P2pError('unreachable', 'the connection ended without a goodbye');
}
