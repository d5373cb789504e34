import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import type { Line } from '#src/cli/answer.js';
import {
  expectAllOnce,
  historyOf,
  said,
  shown,
  startCrowd,
  type Talker,
  untilOneMesh,
} from '#test/support/crowd.js';

vi.setConfig({ testTimeout: 180_000 });

const CLOCK = new URL('../support/programs/shifted-clock.js', import.meta.url);
const DAY_MS = 86_400_000;

/** Since the clock was set, or the start after it. */
const LINKED_MS = 20_000;

/** By how much it is off, and whether the peer is started anew then. */
const STEPS = [
  { offsetMs: DAY_MS, restarts: false },
  { offsetMs: DAY_MS, restarts: true },
  { offsetMs: -DAY_MS, restarts: false },
  { offsetMs: -DAY_MS, restarts: true },
  { offsetMs: 0, restarts: false },
] as const;

it('whoever has his clock set by a day, while he runs or between two starts, says and is shown all, once', async () => {
  let clock = '';
  const env = () => ({ NODE_OPTIONS: `--import=${CLOCK.href}`, P2P_TEST_CLOCK: clock });
  const crowd = await startCrowd(4, {
    programOf(index, { folder }) {
      if (index > 0) return {};
      clock = join(folder, 'clock');
      writeFileSync(clock, '0');
      return { env: env() };
    },
  });
  const [first, ...steady] = crowd.peers;
  const [friend] = steady;
  if (first === undefined || friend === undefined) throw new Error('nobody is there');
  let set: Talker = first;
  const texts: string[] = [];
  const lives: Line[] = [];
  const talk = async (when: string) => {
    for (const by of [set, friend, set]) {
      const text = `${texts.length} ${when}, by ${by.home.name}`;
      texts.push(text);
      await said(by, text, [set, ...steady]);
      await shown(text, [by]);
    }
  };
  await talk('before');
  for (const { offsetMs, restarts } of STEPS) {
    writeFileSync(clock, String(offsetMs));
    if (restarts) {
      set.send('exit');
      expect(await set.exit).toEqual({ code: 0, signal: null });
      lives.push(...set.heard.all);
      const missed = `${texts.length} while he was away`;
      await said(friend, missed, steady);
      texts.push(missed);
      set = await crowd.start(set.home, { env: env() });
      // Each has all in the order in which it came: what he missed comes to him before he speaks.
      await shown(missed, [set]);
    }
    const changed = performance.now();
    if (restarts) await untilOneMesh([set, ...steady], LINKED_MS);
    // He has read his clock as he speaks: whatever links that ends are to be there again.
    await talk(`off by ${offsetMs}, ${restarts ? 'started so' : 'set so'}`);
    await untilOneMesh([set, ...steady], LINKED_MS);
    const convergedMs = Math.round(performance.now() - changed);
    console.info(`off by ${offsetMs}: one mesh, and all said, after ${convergedMs} ms`);
    expect(convergedMs).toBeLessThan(LINKED_MS);
  }
  lives.push(...set.heard.all);
  const offsets = new Set(readFileSync(`${clock}.read`, 'utf8').trim().split('\n').map(Number));
  expect([...offsets]).toEqual([DAY_MS, -DAY_MS]);

  await expectAllOnce(steady, texts);
  // One who comes only now, and he who went twice, have all of it in the order in which it was said.
  const newcomer = await crowd.start(crowd.network.home('newcomer'));
  for (const text of texts) await shown(text, [newcomer]);
  for (const peer of [set, ...steady]) expect(await historyOf(peer)).toEqual(texts);
  const told = lives.flatMap((line) => (line.type === 'message' ? [line.text] : []));
  expect(told).toEqual(texts);
  expect((await historyOf(newcomer)).toSorted()).toEqual(texts.toSorted());
  for (const by of [set, friend]) {
    const ofOne = (all: readonly string[]) => all.filter((text) => text.endsWith(by.home.name));
    expect(ofOne(await historyOf(newcomer))).toEqual(ofOne(texts));
  }
});

it('whoever has his clock set by half an hour is told of it once others ask, and they are not by him alone', async () => {
  const crowd = await startCrowd(4, {
    programOf(index, { folder }) {
      if (index > 0) return {};
      const clock = join(folder, 'clock');
      writeFileSync(clock, String(DAY_MS / 48));
      return { env: { NODE_OPTIONS: `--import=${CLOCK.href}`, P2P_TEST_CLOCK: clock } };
    },
  });
  const [set, ...steady] = crowd.peers;
  if (set === undefined) throw new Error('nobody is there');
  const clockNotices = (peer: Talker) => peer.heard.of('notice').filter(isClock);
  for (const peer of [set, ...steady]) {
    peer.send('topo #1');
    await peer.heard.until('topology', { where: ({ ref }) => ref === '1' });
  }
  const { message } = await set.heard.until('notice', { where: isClock });
  expect(message).toContain('seems to be 30 minutes ahead of that of ');
  for (const { peerId } of steady) expect(message).toContain(peerId.slice(0, 8));
  for (const peer of steady) {
    peer.send('topo #2');
    await peer.heard.until('topology', { where: ({ ref }) => ref === '2' });
  }
  expect(clockNotices(set)).toHaveLength(1);
  expect(steady.flatMap(clockNotices)).toEqual([]);
});

function isClock({ code }: { readonly code: string }): boolean {
  return code === 'clock';
}
