import { expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { Bans } from '#src/peer/trust/bans.js';
import { convict, enforceBans } from '#src/peer/trust/court.js';
import { newFolder } from '#test/support/folders.js';
import { manualClock } from '#test/support/manual-clock.js';

const peer = `${'a'.repeat(51)}q` as PeerId;
const DAY_MS = 86_400_000;

it('a ban reaches everybody who deals with peers, and so does its end a day later', async () => {
  const clock = manualClock();
  const bans = await Bans.open(newFolder(), { ...clock, wall: () => 1e12 + clock.now() });
  const refused = new Map<string, unknown>();
  const told: string[] = [];
  const court = {
    bans,
    trust: { blocked: [] },
    crew: { send: (actor: string, order: unknown) => void refused.set(actor, order) },
    neighbours: {
      block: (peers: readonly PeerId[]) => void refused.set('neighbours', peers),
      reach: () => undefined,
    },
    outlet: { tell: (event: { type: string }) => void told.push(event.type) },
  };
  bans.watch(() => enforceBans(court));
  const actors = ['mesh', 'transfer-server', 'receiver', 'distributor'];
  const everybody = (peers: readonly PeerId[]) =>
    new Map<string, unknown>([
      ...actors.map((actor) => [actor, { type: 'refuse', peers }] as const),
      ['neighbours', peers],
    ]);
  convict({ type: 'convict', peer, lie: 'manifest', isAttack: true }, court);
  expect(refused).toEqual(everybody([peer]));
  clock.pass(DAY_MS - 1);
  expect(refused).toEqual(everybody([peer]));
  clock.pass(1);
  expect(refused).toEqual(everybody([]));
  expect(told).toEqual(['notice']);
  await bans.save();
});
