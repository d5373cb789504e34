/**
 * One conversation with one peer over a proven channel: what its owner can do with it, and the two ways to one. What
 * goes on in it is in `talk.ts`.
 */
import type { Observable } from 'rxjs';
import type { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Self } from '#src/domain/peers/self.js';
import { agreedVersion, type Hello, type Role } from '#src/wire/hello.js';
import type { Message } from '#src/wire/message.js';
import type { Channel } from './channel.js';
import type { Received } from './delivery.js';
import { Talk } from './talk.js';

export type SessionOptions = {
  readonly self: Self;
  readonly pingMs: number;
  readonly deadAfterMs: number;
  /** Parts of chunks in order, valid during the call only. Without it chunk bytes end the session. */
  readonly onChunkBytes?: (request: number, bytes: Uint8Array, session: Session) => void;
};

export type Traffic = {
  /** How long an answer takes, smoothed; null until one came. */
  readonly rttMs: number | null;
  /** The least of the latest answers: what the way takes where neither end is busy. */
  readonly leastRttMs: number | null;
  /** Bytes on the wire, with those of TLS. */
  readonly bytesIn: number;
  readonly bytesOut: number;
};

export type Session = {
  readonly peerId: PeerId;
  readonly peer: Hello;
  readonly remoteHost: string;
  /** The address of this machine that it uses; empty where that is not known. */
  readonly localHost: string;
  /** What was measured so far. */
  readonly traffic: Traffic;
  /**
   * Completes when the other says goodbye, errors with a P2pError when the connection ends any other way.
   * Subscribed to once: reading goes on from then, and unsubscribing ends the session.
   */
  readonly received: Observable<Received>;
  /** @param request ties an answer to its question. */
  send(message: Message, request?: number): void;
  /**
   * Writes ready frames. @param flushed called once they have left or never will: the memory is free again.
   * @returns once there is room for more; rejects when the session ends.
   */
  write(frames: Uint8Array, flushed?: () => void): Promise<void>;
  /** Measures how long an answer takes. */
  ping(): void;
  pause(): void;
  resume(): void;
  /** Asks for a sign of life now; silence for `withinMs` ends the session as lost. */
  probe(withinMs: number): void;
  /** Resolves once the connection is gone and every byte of ours with it. */
  readonly closed: Promise<void>;
  /** Says goodbye, lets what is written leave, and ends. */
  close(): void;
  /** Lets what is written leave, and ends without a goodbye. */
  end(): void;
  /** Ends at once. */
  destroy(why?: P2pError): void;
};

/** Dials in: says hello, waits for the answer, and only then believes the connection. */
export async function openSession(
  channel: Channel,
  role: Role,
  options: SessionOptions,
): Promise<Session> {
  const talk = new Talk(channel, options);
  talk.hello(role);
  return talk.opened((hello) => agreedVersion(hello));
}

/** Answers a dial. @param admit throws to refuse, once the other has said who it is and what it wants. */
export async function acceptSession(
  channel: Channel,
  options: SessionOptions,
  admit: (hello: Hello) => void,
): Promise<Session> {
  const talk = new Talk(channel, options);
  return talk.opened((hello) => {
    admit(hello);
    // Said before versions are compared, so that the other can name both too.
    talk.hello(hello.role);
    agreedVersion(hello);
  });
}
