/** Peers that give and keep chunks on loopback, each with folders of its own. */
import { join } from 'node:path';
import type { ContentSource } from '#src/domain/content/content-source.js';
import { toHex } from '#src/domain/content/hash.js';
import { chunkHashOf, type Manifest } from '#src/domain/content/manifest.js';
import { MiB } from '#src/domain/limits.js';
import { openManifestStore } from '#src/io/content/manifest-store.js';
import type { Identity } from '#src/io/disk/identity.js';
import { Answers } from '#src/io/net/answers.js';
import { dialChannel } from '#src/io/net/channel.js';
import { openSession } from '#src/io/net/session.js';
import { openChunkStore } from '#src/io/spread/chunk-store.js';
import { type Running, runActor } from '#test/support/actors/running.js';
import * as distributing from '#workers/distributor.js';
import * as receiving from '#workers/receiver.js';
import { chunkBytesOf, manifestOf, type Tree } from './contents.js';
import { newFolder } from './folders.js';
import { newIdentity, placeOf, selfOf } from './identities.js';

const TIMES = { pingMs: 1000, deadAfterMs: 5000 };

export type Keeping = {
  readonly identity: Identity;
  readonly actor: Running<receiving.In, receiving.Out>;
  readonly init: receiving.Init;
  readonly port: number;
};

/** Starts a receiver; with `init` of an earlier one it is its next life. */
export async function startReceiver(
  options: Partial<receiving.Init> = {},
  known?: Identity,
): Promise<Keeping> {
  const identity = known ?? (await newIdentity());
  const folder = newFolder();
  const init: receiving.Init = {
    ...placeOf(identity),
    ...TIMES,
    manifests: join(folder, 'manifests'),
    store: join(folder, 'store'),
    orders: [],
    quotaBytes: 256 * MiB,
    enabled: true,
    refused: [],
    ...options,
  };
  const actor = runActor(receiving.receiver, init);
  const { port } = await actor.until((said) => said.type === 'listening');
  return { identity, actor, init, port };
}

export type Giving = {
  readonly identity: Identity;
  readonly actor: Running<distributing.In, distributing.Out>;
  readonly folder: string;
};

export async function startDistributor(options: Partial<distributing.Init> = {}): Promise<Giving> {
  const identity = await newIdentity();
  const folder = newFolder();
  const actor = runActor(distributing.distributor, {
    ...placeOf(identity),
    ...TIMES,
    manifests: join(folder, 'manifests'),
    intervalMs: 30,
    copies: 2,
    orders: [],
    roundBytes: 64 * MiB,
    refused: [],
    ...options,
  });
  await actor.until((said) => said.type === 'listening');
  return { identity, actor, folder };
}

/** Puts a content into a giver's folders as if it had been kept, whole. */
export async function furnish(
  folder: string,
  tree: Tree,
): Promise<{ readonly manifest: Manifest; readonly source: ContentSource }> {
  const manifest = manifestOf(tree);
  const { layout, entries } = manifest;
  const path = join(folder, 'held');
  const store = openChunkStore(path);
  await openManifestStore(join(folder, 'manifests')).write(manifest);
  for (let index = 0; index < layout.chunks; index += 1) {
    const bytes = chunkBytesOf(tree, entries, layout, index);
    await store.put(toHex(chunkHashOf(manifest, index)), bytes);
  }
  return { manifest, source: { kind: 'kept', path, have: [0, layout.chunks] } };
}

/** A giver by hand: whatever the test wants to send. */
export async function dialReceiver(to: Keeping, as?: Identity) {
  const identity = as ?? (await newIdentity());
  const channel = await dialChannel({
    host: '127.0.0.1',
    port: to.port,
    credentials: identity.credentials,
  });
  const session = await openSession(channel, 'give', { ...TIMES, self: selfOf(identity) });
  return { identity, session, answers: new Answers(session) };
}
