/** Connections to a tracker that say what a test tells them to. */
import { portsFrom } from '#src/domain/ports.js';
import type { NetworkTag, TrackerMessage } from '#src/domain/tracker/tracker-message.js';
import { type Identity, newInstance, passingIdentity } from '#src/io/disk/identity.js';
import type { Session } from '#src/io/net/session.js';
import { openTrackerLine } from '#src/io/tracker/tracker-line.js';
import { HOST } from './places.js';
import { createWitness, type Witness } from './witness.js';

export type Visit = {
  readonly identity: Identity;
  readonly session: Session;
  /** What the tracker says. */
  readonly heard: Witness<TrackerMessage>;
  say(message: TrackerMessage): void;
  register(flag?: string, network?: string): void;
  /** Resolves with the error's message, or `goodbye`, when it has ended. */
  readonly ended: Promise<string>;
};

/** @param port of the tracker. @param base where the visitor says that it can be dialled. */
export async function visitTracker(
  port: number,
  base = 27_460,
  identity?: Identity,
): Promise<Visit> {
  const who = identity ?? (await passingIdentity());
  const self = {
    peerId: who.peerId,
    name: '',
    ports: portsFrom(base),
    instance: newInstance(),
  };
  const times = { pingMs: 10_000, deadAfterMs: 30_000 };
  const at = { host: HOST, port, peerId: undefined };
  const options = { self, credentials: who.credentials, known: undefined, ...times };
  const { session } = await openTrackerLine(at, options);
  const heard = createWitness<TrackerMessage>(`visitor ${base}`);
  const ended = new Promise<string>((resolve) => {
    session.received.subscribe({
      next: ({ message }) => {
        if (message.type === 'tracker') heard.hear(message.message);
      },
      complete: () => resolve('goodbye'),
      error: (error: Error) => resolve(error.message),
    });
  });
  const say = (message: TrackerMessage) => session.send({ type: 'tracker', message });
  return {
    identity: who,
    session,
    heard,
    say,
    register: (flag = '', network = '') =>
      say({ type: 'register', flag, network: network as NetworkTag, port: base }),
    ended,
  };
}
