/** Who takes and who sends single files over datagrams, as functions on this thread, on loopback. */

import * as receiving from '#workers/file-receiver.js';
import * as sending from '#workers/file-sender.js';
import { type Running, runActor } from './actors/running.js';
import { newFolder } from './folders.js';
import { newIdentity, placeOf, selfOf } from './identities.js';

const TIMES = { pingMs: 1000, deadAfterMs: 5000 };

export type FileEnd = {
  readonly actor: Running<receiving.In, receiving.Out>;
  readonly folder: string;
  readonly port: number;
  /** The next offer from its `from`th word on. */
  offered(from?: number): Promise<Extract<receiving.Out, { type: 'offered' }>>;
};

/** @param isWanted the answer to every offer; undefined for none. */
export async function startTaking(
  isWanted?: boolean,
  lossShare = 0,
  folder = newFolder(),
): Promise<FileEnd> {
  const identity = await newIdentity();
  const actor = runActor(receiving.fileReceiver, {
    ...placeOf(identity, 'taker'),
    ...TIMES,
    folder,
    lossShare,
  });
  const { port } = await actor.until((said) => said.type === 'listening');
  const offered = (from = 0) =>
    actor.until(
      (said): said is Extract<receiving.Out, { type: 'offered' }> =>
        said.type === 'offered' && actor.heard.indexOf(said) >= from,
    );
  if (isWanted !== undefined) {
    void offered().then(({ offer }) => actor.send({ type: 'decide', offer, isWanted }));
  }
  return { actor, folder, port, offered };
}

export async function startSending(
  path: string,
  port: number,
  lossShare = 0,
): Promise<Running<sending.In, sending.Out>> {
  const identity = await newIdentity();
  return runActor(sending.fileSender, {
    ...TIMES,
    path,
    host: '127.0.0.1',
    port,
    lossShare,
    self: selfOf(identity, 'sender'),
    credentials: identity.credentials,
  });
}
