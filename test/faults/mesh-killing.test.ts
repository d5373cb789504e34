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

/** All are to be linked again after that long. */
const HEALED_MS = 15_000;

it('what one of many says is shown on each other once, also after a third of them was killed at once', async () => {
  const { peers } = await startCrowd(PEERS);
  const texts: string[] = [];
  const delays: number[] = [];
  const talk = async (living: typeof peers, when: string) => {
    for (let time = 0; time < SAID; time += 1) {
      const [by] = someOf(living, 1, random);
      if (by === undefined) throw new Error('nobody lives');
      const text = `${when} ${time}`;
      texts.push(text);
      delays.push(...(await said(by, text, living)));
    }
  };
  const random = chance();
  await talk(peers, 'before');
  console.info(`${PEERS} peers: ${figuresOf(delays.splice(0))}`);
  await expectAllOnce(peers, texts);

  const killed = new Set(someOf(peers, KILLED, random));
  const living = peers.filter((peer) => !killed.has(peer));
  const began = performance.now();
  for (const { child } of killed) child.kill('SIGKILL');
  await Promise.all([...killed].map(({ exit }) => exit));
  const [first] = living;
  if (first === undefined) throw new Error('nobody lives');
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
  console.info(`one mesh again ${Math.round(performance.now() - began)} ms after ${KILLED} died`);
  await talk(living, 'after');
  console.info(`${living.length} peers: ${figuresOf(delays)}`);
  expect(Math.max(...delays)).toBeLessThan(SHOWN_MS);
  await expectAllOnce(living, texts);
});
