import { expect, it } from 'vitest';
import { P2pError } from '#src/domain/errors.js';
import { RecentTopology } from '#src/peer/web/recent-topology.js';

it('answers as lately where the network may not be asked again yet, and not much later', async () => {
  let now = 0;
  let asked = 0;
  const recent = new RecentTopology(() => now);
  const peer = {
    topology: async () => {
      asked += 1;
      if (asked > 1) throw new P2pError('limit', 'the network is asked too often');
      return { asked } as never;
    },
  };
  expect(await recent.ask(peer, {})).toEqual({ asked: 1 });
  expect(await recent.ask(peer, {})).toEqual({ asked: 1 });
  await expect(recent.ask(peer, { hops: 1 })).rejects.toMatchObject({ code: 'limit' });
  now = 60_000;
  await expect(recent.ask(peer, {})).rejects.toMatchObject({ code: 'limit' });
});
