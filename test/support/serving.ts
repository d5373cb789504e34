/** A source and whoever fetches from it, on loopback: real actors as functions, or a session scripted by hand. */
import { join } from 'node:path';
import { type Observable, ReplaySubject } from 'rxjs';
import { onTestFinished } from 'vitest';
import type { ContentSource } from '#src/domain/content/content-source.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import type { Way } from '#src/domain/download/transport-choice.js';
import { openManifestStore } from '#src/io/content/manifest-store.js';
import type { Identity } from '#src/io/disk/identity.js';
import { StagedWriter } from '#src/io/fetch/staged-writer.js';
import { prepareStaging } from '#src/io/fetch/staging.js';
import type { Received } from '#src/io/net/delivery.js';
import { type Heard, listenForSessions } from '#src/io/net/listener.js';
import type { Session } from '#src/io/net/session.js';
import { type Running, runActor } from '#test/support/actors/running.js';
import * as fetching from '#workers/request.js';
import * as serving from '#workers/transfer-server.js';
import { chunkBytesOf, manifestOf, type Tree } from './contents.js';
import { newFolder } from './folders.js';
import { newIdentity, placeOf, selfOf } from './identities.js';

const TIMES = { pingMs: 1000, deadAfterMs: 5000 };

export type Offering = {
  readonly identity: Identity;
  readonly port: number;
};

/** A content staged whole or in part, as a source that is downloading holds it. */
export async function stageContent(
  tree: Tree,
  chunks?: readonly number[],
): Promise<{ readonly manifest: Manifest; readonly staging: string; readonly manifests: string }> {
  const folder = newFolder();
  const manifest = manifestOf(tree);
  const manifests = join(folder, 'manifests');
  const staging = join(folder, '.p2p-partial', manifest.id);
  await openManifestStore(manifests).write(manifest);
  await prepareStaging(staging, manifest);
  const writer = new StagedWriter(staging, manifest);
  for (const index of chunks ?? Array.from({ length: manifest.layout.chunks }, (_, at) => at)) {
    await writer.write(index, chunkBytesOf(tree, manifest.entries, manifest.layout, index));
  }
  await writer.close();
  return { manifest, staging, manifests };
}

export async function startServer(
  manifests: string,
  contents: serving.Init['contents'],
  refused: serving.Init['refused'] = [],
): Promise<Offering & { readonly actor: Running<serving.In, serving.Out> }> {
  const identity = await newIdentity();
  const actor = runActor(serving.transferServer, {
    ...placeOf(identity),
    ...TIMES,
    manifests,
    refused,
    transports: ['tcp', 'udp'],
    segments: null,
    contents,
    preferred: [],
  });
  const { port } = await actor.until((said) => said.type === 'listening');
  return { identity, port, actor };
}

/** A source of whole or partly staged content. */
export async function startSource(tree: Tree, chunks?: readonly number[]) {
  const { manifest, staging, manifests } = await stageContent(tree, chunks);
  const have = chunks?.flatMap((index) => [index, 1]) ?? [0, manifest.layout.chunks];
  const source: ContentSource = { kind: 'partial', path: staging, have };
  const server = await startServer(manifests, [{ id: manifest.id, source }]);
  return { ...server, manifest, staging, source };
}

export type Taking = {
  readonly actor: Running<fetching.In, fetching.Out>;
  readonly identity: Identity;
  readonly staging: string;
  readonly manifests: string;
};

/** Starts a request; with `before` it is another source of the same download. */
export async function startRequest(
  manifest: Manifest,
  from: Offering,
  before?: Pick<Taking, 'staging' | 'manifests'>,
  as?: Identity,
  how: Way & Partial<typeof TIMES> = { transport: 'tcp', mayMove: false },
): Promise<Taking> {
  const identity = as ?? (await newIdentity());
  const folder = newFolder();
  const manifests = before?.manifests ?? join(folder, 'manifests');
  const staging = before?.staging ?? join(folder, '.p2p-partial', manifest.id);
  if (before === undefined) await prepareStaging(staging, manifest);
  const actor = runActor(fetching.request, {
    id: manifest.id,
    isDraft: false,
    source: from.identity.peerId,
    host: '127.0.0.1',
    port: from.port,
    self: selfOf(identity),
    credentials: identity.credentials,
    manifests,
    staging,
    heardSegments: join(folder, 'heard'),
    ...TIMES,
    ...how,
  });
  return { actor, identity, staging, manifests };
}

/** A transfer server that does what the test says with what it hears. */
export async function startScripted(
  answer: (session: Session, received: Received) => void,
): Promise<Offering & { readonly sessions: Observable<Session> }> {
  const identity = await newIdentity();
  const sessions = new ReplaySubject<Session>();
  const port = await new Promise<number>((resolve) => {
    const hear = (heard: Heard) => {
      if (heard.type === 'listening') resolve(heard.port);
      if (heard.type !== 'session') return;
      sessions.next(heard.session);
      heard.session.received.subscribe({
        next: (received) => answer(heard.session, received),
        error: () => undefined,
      });
    };
    const options = { ...TIMES, roles: ['transfer'] as const, refuses: () => false };
    const listening = listenForSessions(placeOf(identity), options).subscribe(hear);
    onTestFinished(() => listening.unsubscribe());
  });
  return { identity, port, sessions };
}
