import { setTimeout as passed } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { expectAllOnce, said, shown, startCrowd, untilOneMesh } from '#test/support/crowd.js';
import { rounds } from '#test/support/rounds.js';

vi.setConfig({ testTimeout: 300_000 });

const IS_FULL = rounds({ small: 0, full: 1 }) === 1;

/** Longer than anything is waited for: a handshake 10 s, a silent link so long as these settings say, or 30 s by default. */
const FROZEN_MS = IS_FULL ? 60_000 : 12_000;
const SETTINGS = IS_FULL
  ? {}
  : { mesh: { pingMs: 300, deadAfterMs: 1500 }, discovery: { heartbeatMs: 300, expiryMs: 1500 } };

/** As links: 30 s of silence, counted in ticks of 1 s. */
const LOST_MS = 45_000;
const BACK_MS = 20_000;

const PEERS = 8;
const FROZEN = 3;

it('peers that stood still are in the mesh again, and both sides are shown all that was said, once', async () => {
  const { peers } = await startCrowd(PEERS, { settings: SETTINGS });
  const [frozen, awake] = [peers.slice(0, FROZEN), peers.slice(FROZEN)];
  const [sleeper, speaker] = [frozen[0], awake[0]];
  if (sleeper === undefined || speaker === undefined) throw new Error('nobody is there');
  for (const by of [sleeper, speaker]) await said(by, `before, by ${by.home.name}`, peers);

  const frozenAt = performance.now();
  for (const { child } of frozen) child.kill('SIGSTOP');
  await said(speaker, 'as it begins', awake);
  // Typed to those who cannot hear it now.
  for (const peer of frozen) peer.send(`say frozen, by ${peer.home.name}`);
  await untilOneMesh(awake, LOST_MS);
  await passed(FROZEN_MS - (performance.now() - frozenAt));
  for (const by of awake) await said(by, `meanwhile, by ${by.home.name}`, awake);
  for (const peer of frozen) expect(peer.heard.of('message')).toHaveLength(2);

  const woken = performance.now();
  for (const { child } of frozen) child.kill('SIGCONT');
  const texts = [
    ...[sleeper, speaker].map(({ home }) => `before, by ${home.name}`),
    'as it begins',
    ...frozen.map(({ home }) => `frozen, by ${home.name}`),
    ...awake.map(({ home }) => `meanwhile, by ${home.name}`),
  ];
  for (const text of texts) await shown(text, peers);
  const completeMs = Math.round(performance.now() - woken);
  await untilOneMesh(peers, BACK_MS);
  const backMs = Math.round(performance.now() - woken);
  console.info(
    `woken after ${FROZEN_MS} ms: all was there ${completeMs} ms later, one mesh ${backMs}`,
  );
  expect(Math.max(completeMs, backMs)).toBeLessThan(BACK_MS);

  for (const by of [sleeper, speaker]) await said(by, `after, by ${by.home.name}`, peers);
  texts.push(...[sleeper, speaker].map(({ home }) => `after, by ${home.name}`));
  await expectAllOnce(peers, texts);
  for (const peer of peers) expect(peer.heard.of('actor-restarted')).toEqual([]);
});
