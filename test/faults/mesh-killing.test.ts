import { expect, it, vi } from 'vitest';
import { expectAllOnce, figuresOf, said, startCrowd, untilOneMesh } from '#test/support/crowd.js';
import { chance, rounds, someOf } from '#test/support/rounds.js';

vi.setConfig({ testTimeout: 300_000 });

/** Thirty take a minute to begin on two processors; a dozen are as many as make a mesh of more than one ring. */
const PEERS = rounds({ small: 12, full: 30 });
const KILLED = Math.round(PEERS / 3);
const SAID = 5;

/** Ten times what it is to take on an idle machine. */
const SHOWN_MS = 5000;

/** Since the kill; links that break are seen at once, and who has lost neighbours asks others by timers of its own. */
const HEALED_MS = 15_000;

it('what one of many says is shown on each other once, also after a third of them was killed at once', async () => {
  const { peers } = await startCrowd(PEERS);
  const texts: string[] = [];
  const talk = async (living: typeof peers, when: string) => {
    const delays: number[] = [];
    for (let time = 0; time < SAID; time += 1) {
      const [by] = someOf(living, 1, random);
      if (by === undefined) throw new Error('nobody lives');
      const text = `${when} ${time}`;
      texts.push(text);
      delays.push(...(await said(by, text, living)));
    }
    console.info(`${living.length} peers: ${figuresOf(delays)}`);
    expect(Math.max(...delays)).toBeLessThan(SHOWN_MS);
    await expectAllOnce(living, texts);
  };
  const random = chance();
  await talk(peers, 'before');

  const killed = new Set(someOf(peers, KILLED, random));
  const living = peers.filter((peer) => !killed.has(peer));
  const began = performance.now();
  for (const { child } of killed) child.kill('SIGKILL');
  await Promise.all([...killed].map(({ exit }) => exit));
  // Nobody goes on as if those who are gone were neighbours.
  const dead = new Set([...killed].map(({ peerId }) => peerId));
  await Promise.all(
    living.map(({ heard }) =>
      Promise.all(
        heard
          .of('link-up')
          .filter(({ peerId }) => dead.has(peerId))
          .map(({ peerId }) =>
            heard.until('link-down', { where: (down) => down.peerId === peerId }),
          ),
      ),
    ),
  );
  await untilOneMesh(living, HEALED_MS);
  const healedMs = Math.round(performance.now() - began);
  console.info(`one mesh again ${healedMs} ms after ${KILLED} were killed`);
  expect(healedMs).toBeLessThan(HEALED_MS);
  await talk(living, 'after');
});
