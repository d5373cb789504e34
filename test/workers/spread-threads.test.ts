import { join } from 'node:path';
import { filter, firstValueFrom, ReplaySubject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { ActorHandle } from '#src/actor/actor.js';
import { startOnWorker } from '#src/actor/worker-host.js';
import { KiB, MiB } from '#src/domain/limits.js';
import { noise } from '#test/support/contents.js';
import { newFolder } from '#test/support/folders.js';
import { newIdentity, placeOf } from '#test/support/identities.js';
import { furnish } from '#test/support/spreading.js';
import type * as Distributor from '#workers/distributor.js';
import type * as Receiver from '#workers/receiver.js';

const TIMES = { pingMs: 1000, deadAfterMs: 5000, refused: [], orders: [] };

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the contract.
function start<Init, In, Out>(name: string, init: Init) {
  const file = new URL(`../../workers/${name}.js`, import.meta.url);
  const handle: ActorHandle<In, Out> = startOnWorker<Init, In, Out>(file, init, { name });
  const out = new ReplaySubject<Out>();
  handle.out.subscribe(out);
  const until = (passes: (said: Out) => boolean) => firstValueFrom(out.pipe(filter(passes)));
  return { handle, until };
}

describe('distributor and receiver on threads of their own', () => {
  it('give and keep, and stop with a normal exit', async () => {
    const [alice, bob] = await Promise.all([newIdentity(), newIdentity()]);
    const folder = newFolder();
    const receiver = start<Receiver.Init, Receiver.In, Receiver.Out>('receiver', {
      ...placeOf(bob),
      ...TIMES,
      manifests: join(folder, 'bob', 'manifests'),
      store: join(folder, 'bob', 'store'),
      quotaBytes: 64 * MiB,
      enabled: true,
    });
    const distributor = start<Distributor.Init, Distributor.In, Distributor.Out>('distributor', {
      ...placeOf(alice),
      ...TIMES,
      manifests: join(folder, 'manifests'),
      intervalMs: 50,
      copies: 1,
      roundBytes: 64 * MiB,
    });
    const listening = await receiver.until((said) => said.type === 'listening');
    if (listening.type !== 'listening') throw new Error('not listening');
    const { manifest, source } = await furnish(folder, { '': noise(3 * 256 * KiB) });
    const { port } = listening;
    distributor.handle.send({ type: 'hold', id: manifest.id, name: 'a', source });
    distributor.handle.send({ type: 'peer-up', peerId: bob.peerId, host: '127.0.0.1', port });
    const done = await distributor.until((said) => said.type === 'round-done' && said.sent > 0);
    expect(done).toEqual({ type: 'round-done', sent: 3, bytes: 3 * 256 * KiB, belowTarget: 0 });
    await receiver.until((said) => said.type === 'chunk-kept');
    distributor.handle.stop();
    receiver.handle.stop();
    expect(await distributor.handle.exit).toEqual({ reason: 'normal' });
    expect(await receiver.handle.exit).toEqual({ reason: 'normal' });
  });
});
