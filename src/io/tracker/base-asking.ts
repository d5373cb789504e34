/** Asks a tracker for a base port that no member of this machine's address has. */
import { filter, firstValueFrom, map, throwError, throwIfEmpty, timeout } from 'rxjs';
import { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Self } from '#src/domain/peers/self.js';
import { portsFrom } from '#src/domain/ports.js';
import type { TrackerAddress } from '#src/domain/tracker/tracker-address.js';
import { type Identity, newInstance } from '#src/io/disk/identity.js';
import { openTrackerLine, turnedDown } from './tracker-line.js';

/** Somebody waits for his peer to start. */
const ANSWER_MS = 5000;

export type BaseQuestion = {
  readonly flag: string;
  /** The first port that would do. */
  readonly from: number;
  /** Who is expected there, if anybody. */
  readonly known: PeerId | undefined;
  readonly identity: Identity;
};

/** @throws P2pError as dialling does; `refused` or `limit` where the tracker says so, `timed-out`, `protocol` */
export async function askBase(
  tracker: TrackerAddress,
  { flag, from, known, identity }: BaseQuestion,
): Promise<number> {
  const { peerId, credentials } = identity;
  // It listens nowhere yet: these ports are what it would like.
  const self: Self = { peerId, name: '', ports: portsFrom(from), instance: newInstance() };
  const times = { pingMs: ANSWER_MS, deadAfterMs: 2 * ANSWER_MS, timeoutMs: ANSWER_MS };
  const { session } = await openTrackerLine(tracker, { self, credentials, known, ...times });
  try {
    const answer = session.received.pipe(
      filter(({ message }) => message.type === 'tracker'),
      map(({ message }) => {
        const said = message.type === 'tracker' ? message.message : undefined;
        if (said?.type === 'turned-down') throw turnedDown(tracker, said.reason);
        if (said?.type === 'base' && said.port >= from) return said.port;
        throw new P2pError('protocol', 'a tracker that does not answer what it is asked');
      }),
      timeout({
        each: ANSWER_MS,
        with: () => throwError(() => new P2pError('timed-out', 'the tracker did not answer')),
      }),
      throwIfEmpty(() => new P2pError('refused', 'the tracker said goodbye without an answer')),
    );
    session.send({ type: 'tracker', message: { type: 'ask-base', flag, from } });
    return await firstValueFrom(answer);
  } finally {
    session.close();
  }
}
