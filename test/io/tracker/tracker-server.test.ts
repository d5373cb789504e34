import type { Subscription } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { passingIdentity } from '#src/io/disk/identity.js';
import { askBase } from '#src/io/tracker/base-asking.js';
import { type TrackerNews, TrackerServer } from '#src/io/tracker/tracker-server.js';
import { newIdentity, placeOf } from '#test/support/identities.js';
import { HOST } from '#test/support/places.js';
import { rounds } from '#test/support/rounds.js';
import { visitTracker } from '#test/support/tracker-visits.js';
import { createWitness } from '#test/support/witness.js';

vi.setConfig({ testTimeout: 90_000 });

async function serve(flag = '', connections = 1000) {
  const identity = await newIdentity();
  const options = { flag, heartbeatMs: 15_000, connections };
  const server = new TrackerServer(placeOf(identity), options);
  const news = createWitness<TrackerNews>('the tracker');
  const serving: Subscription = server.news().subscribe((one) => news.hear(one));
  onTestFinished(() => serving.unsubscribe());
  const { port } = await news.until('listening');
  return { server, news, port, identity };
}

describe('a tracker', () => {
  it('registers peers by the hundred, tells each newcomer of 20, and forgets them when they hang up', async () => {
    const count = rounds({ small: 60, full: 400 });
    const { server, port, news } = await serve();
    const visits = [];
    for (let index = 0; index < count; index += 1) {
      const visit = await visitTracker(port, 20_000 + 4 * index);
      visit.register();
      const { members } = await visit.heard.until('members');
      expect(members).toHaveLength(Math.min(20, index));
      for (const { host, peerId } of members) {
        expect(host).toBe(HOST);
        expect(peerId).not.toBe(visit.identity.peerId);
      }
      visits.push(visit);
    }
    expect(server.size).toBe(count);
    const [first, second, ...others] = visits;
    first?.say({ type: 'alive' });
    const answer = await first?.heard.until('members', { from: 1 });
    expect(answer?.members).toHaveLength(3);
    second?.session.close();
    const gone = await news.until('member-down');
    expect(gone).toMatchObject({ peerId: second?.identity.peerId, reason: 'stopped' });
    for (const visit of [first, ...others]) visit?.session.destroy();
    await vi.waitFor(() => expect(server.size).toBe(0), { timeout: 20_000 });
  });

  it('gives the place of a peer to its later connection, and says goodbye on the other', async () => {
    const { server, port, news } = await serve();
    const first = await visitTracker(port);
    first.register();
    await first.heard.until('members');
    const second = await visitTracker(port, 27_464, first.identity);
    second.register();
    await second.heard.until('members');
    expect(await first.ended).toBe('goodbye');
    expect(news.of('member-down')).toMatchObject([{ reason: 'replaced', port: 27_460 }]);
    expect(server.members).toMatchObject([{ port: 27_464 }]);
  });

  it('says nothing to who has another flag, but why, and hangs up', async () => {
    const { server, port } = await serve('our-house');
    for (const flag of ['', 'our-horse', 'our-house ', 'our-hous']) {
      const visit = await visitTracker(port);
      visit.register(flag);
      expect(await visit.ended).toBe('goodbye');
      expect(visit.heard.all).toEqual([{ type: 'turned-down', reason: 'flag' }]);
      const asker = await visitTracker(port);
      asker.say({ type: 'ask-base', flag, from: 27_460 });
      expect(await asker.ended).toBe('goodbye');
      expect(asker.heard.all).toEqual([{ type: 'turned-down', reason: 'flag' }]);
    }
    expect(server.size).toBe(0);
    const right = await visitTracker(port);
    right.register('our-house');
    await right.heard.until('members');
  });

  it.each([
    ['registers twice', ['register', 'register']],
    ['has a heartbeat before it is registered', ['alive']],
    ['beats without end', ['register', ...Array.from({ length: 40 }, () => 'alive')]],
    ['speaks as a tracker', ['members']],
  ] as const)('hangs up on who %s', async (_, words) => {
    const { server, port } = await serve();
    const visit = await visitTracker(port);
    for (const word of words) {
      if (word === 'register') visit.register();
      else if (word === 'alive') visit.say({ type: 'alive' });
      else visit.say({ type: 'members', members: [] });
    }
    expect(await visit.ended).toBe('the connection ended without a goodbye');
    await vi.waitFor(() => expect(server.size).toBe(0));
  });

  it('hangs up on who says what is for peers', async () => {
    const { port } = await serve();
    const visit = await visitTracker(port);
    visit.session.send({ type: 'offer', fresh: true, complete: true, changed: [], removed: [] });
    expect(await visit.ended).toBe('the connection ended without a goodbye');
  });

  it('takes no more connections than it has handles for', async () => {
    const { server, port } = await serve('', 8);
    expect(server.room).toBe(8);
    const visits = [];
    for (let index = 0; index < 8; index += 1) {
      const visit = await visitTracker(port, 20_000 + 4 * index);
      visit.register();
      await visit.heard.until('members');
      visits.push(visit);
    }
    await expect(visitTracker(port, 30_000)).rejects.toMatchObject({ code: 'unreachable' });
    expect(server.size).toBe(8);
    visits[0]?.session.close();
    await vi.waitFor(async () => {
      const late = await visitTracker(port, 30_000);
      late.register();
      await late.heard.until('members');
    });
  });

  it('knows a base port that no member of the asker’s address has', async () => {
    const { port, identity } = await serve('our-house');
    const tracker = { host: HOST, port, peerId: identity.peerId };
    const asker = await passingIdentity();
    const ask = (from: number, flag = 'our-house') =>
      askBase(tracker, { flag, from, known: undefined, identity: asker });
    expect(await ask(27_460)).toBe(27_460);
    const visit = await visitTracker(port, 27_460);
    visit.register('our-house');
    await visit.heard.until('members');
    expect(await ask(27_460)).toBe(27_464);
    expect(await ask(27_464)).toBe(27_464);
    await expect(ask(27_460, 'our-horse')).rejects.toMatchObject({ code: 'refused' });
  });
});
