import { firstValueFrom, ReplaySubject, Subject, type Subscription } from 'rxjs';
import { filter, take, toArray } from 'rxjs/operators';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startOnWorker } from '#src/actor/worker-host.js';
import type { CatalogueRow } from '#src/domain/catalogue/catalogue.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { LIMITS } from '#src/domain/limits.js';
import type { Self } from '#src/domain/peers/self.js';
import type { Identity } from '#src/io/disk/identity.js';
import { dialChannel } from '#src/io/net/channel.js';
import { openSession, type Session } from '#src/io/net/session.js';
import type { Message } from '#src/wire/message.js';
import { newIdentity, placeOf, selfOf } from '#test/support/identities.js';
import { type In, type Init, mesh, type Out } from '#workers/mesh.js';

const HOST = '127.0.0.1';
const TIMES = { pingMs: 200, deadAfterMs: 600 };

let alice: Identity;
let bob: Identity;
const cleanups: (() => void)[] = [];

beforeAll(async () => {
  const [one, other] = [await newIdentity(), await newIdentity()];
  // So that alice leads.
  [alice, bob] = one.peerId < other.peerId ? [one, other] : [other, one];
});

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

type Running = {
  readonly port: number;
  readonly inbox: Subject<In>;
  readonly said: Out[];
  readonly done: Promise<'completed'>;
  readonly subscription: Subscription;
  next<T extends Out['type']>(type: T, count?: number): Promise<Extract<Out, { type: T }>>;
};

const NO_HISTORY = { rows: [], horizon: 0, payloads: [] };

function initOf(identity: Identity, more: Partial<Init>): Init {
  return {
    ...placeOf(identity),
    ...TIMES,
    refused: [],
    trusted: [],
    kept: [],
    most: 128,
    catalogue: [],
    history: NO_HISTORY,
    ...more,
  };
}

async function start(identity: Identity, more: Partial<Init> = {}, takes = true): Promise<Running> {
  const inbox = new Subject<In>();
  const out = new ReplaySubject<Out>();
  const said: Out[] = [];
  const init = initOf(identity, more);
  out.subscribe({ next: (each) => said.push(each), error: () => undefined });
  out
    .pipe(filter(({ type }) => type === 'offered' && takes))
    .subscribe({ next: () => inbox.next({ type: 'taken' }), error: () => undefined });
  const subscription = mesh(init, inbox).subscribe(out);
  cleanups.push(() => subscription.unsubscribe());
  const next = async <T extends Out['type']>(type: T, count = 1) => {
    const ofType = out.pipe(
      filter((each): each is Extract<Out, { type: T }> => each.type === type),
    );
    const found = (await firstValueFrom(ofType.pipe(take(count), toArray()))).at(-1);
    if (found === undefined) throw new Error(`no ${type}`);
    return found;
  };
  const done = new Promise<'completed'>((resolve, reject) => {
    out.subscribe({ complete: () => resolve('completed'), error: reject });
  });
  done.catch(() => undefined);
  const { port } = await next('listening');
  return { port, inbox, said, done, subscription, next };
}

function rows(count: number, nameBytes = 12): CatalogueRow[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `${index}`.padStart(nameBytes, 'n'),
    id: index.toString(16).padStart(64, '0') as ContentId,
    bytes: 2 ** 40,
    chunks: 2 ** 18,
    have: 1,
  }));
}

async function linked(init: Partial<Init> = {}) {
  const [a, b] = await Promise.all([start(alice, init), start(bob)]);
  a.inbox.next({ type: 'dial', host: HOST, port: b.port, expect: bob.peerId });
  const [up] = await Promise.all([a.next('link-up'), b.next('link-up')]);
  return { a, b, up };
}

/** Waits until a peer has heard a complete catalogue with this mark in it, since its last link came up. */
async function heardMark(at: Running, mark: number): Promise<void> {
  for (let count = 1; ; count += 1) {
    const { complete } = await at.next('offered', count);
    if (complete && offersAt(at).some(({ name }) => name === `mark ${mark}`)) return;
  }
}

function offersAt({ said }: Running): readonly CatalogueRow[] {
  const held = new Map<string, CatalogueRow>();
  for (const each of said) {
    if (each.type !== 'offered') continue;
    if (each.fresh) held.clear();
    for (const row of each.changed) held.set(row.name + row.id, row);
  }
  return [...held.values()];
}

function catalogueAt(at: Running): number {
  return offersAt(at).length;
}

/** A peer whose every word the test chooses. */
async function puppet(to: Running, identity = alice, self?: Self): Promise<Session> {
  const channel = await dialChannel({
    host: HOST,
    port: to.port,
    credentials: identity.credentials,
  });
  const session = await openSession(channel, 'link', { ...TIMES, self: self ?? selfOf(identity) });
  cleanups.push(() => session.destroy());
  return session;
}

function offer(changed: readonly CatalogueRow[], more: Partial<Message> = {}): Message {
  const page = { type: 'offer', fresh: true, complete: true, changed, removed: [] } as const;
  return { ...page, ...more } as Message;
}

describe('how a peer stands in the mesh', () => {
  it('is told when it has one neighbour more, and when it has lost him', async () => {
    const { a, b } = await linked();
    expect(await a.next('standing-changed')).toMatchObject({ load: 1, component: 0 });
    b.subscription.unsubscribe();
    expect(await a.next('standing-changed', 2)).toMatchObject({ load: 0 });
  });

  it('follows from announcements too: who is only announced is asked to be a neighbour', async () => {
    const [a, b] = await Promise.all([start(alice), start(bob)]);
    const contact = { peerId: bob.peerId, host: HOST, port: b.port };
    a.inbox.next({ type: 'announced', contact, load: 0, component: 0 });
    expect(await a.next('neighbour-up')).toMatchObject({ peerId: bob.peerId });
  });

  it('makes no neighbour of a refused peer that is announced', async () => {
    const [a, b] = await Promise.all([start(alice, { refused: [bob.peerId] }), start(bob)]);
    const contact = { peerId: bob.peerId, host: HOST, port: b.port };
    a.inbox.next({ type: 'announced', contact, load: 0, component: 0 });
    const other = await newIdentity();
    const c = await start(other);
    const there = { peerId: other.peerId, host: HOST, port: c.port };
    a.inbox.next({ type: 'announced', contact: there, load: 0, component: 0 });
    expect(await a.next('neighbour-up')).toMatchObject({ peerId: other.peerId });
    expect(a.said.filter(({ type }) => type === 'dial-failed')).toEqual([]);
    expect(b.said.filter(({ type }) => type === 'link-up')).toEqual([]);
  });
});

describe('the mesh', () => {
  it('links two peers and tells both who the other is', async () => {
    const { a, b, up } = await linked();
    expect(up).toMatchObject({ peerId: bob.peerId, host: HOST, dialled: true, name: 'tester' });
    expect(await b.next('link-up')).toMatchObject({
      peerId: alice.peerId,
      host: HOST,
      dialled: false,
    });
    a.inbox.next({ type: 'dial', host: HOST, port: b.port, expect: bob.peerId });
    expect(await b.next('offered')).toMatchObject({ fresh: true, complete: true, changed: [] });
    expect(a.said.filter(({ type }) => type === 'link-up')).toHaveLength(1);
  });

  it.each([
    { count: 1, nameBytes: 12, pages: 1 },
    { count: 1000, nameBytes: 12, pages: 5 },
    { count: 450, nameBytes: 255, pages: 3 },
  ])(
    'tells $count rows of $nameBytes bytes in $pages pages',
    async ({ count, nameBytes, pages }) => {
      const catalogue = rows(count, nameBytes);
      const { b } = await linked({ catalogue });
      await b.next('offered', pages);
      const offers = b.said.filter((each) => each.type === 'offered');
      expect(offers.flatMap(({ changed }) => changed)).toEqual(catalogue);
      expect(offers.map(({ fresh }) => fresh)).toEqual(offers.map((_, at) => at === 0));
      expect(offers.map(({ complete }) => complete)).toEqual(
        offers.map((_, at) => at === pages - 1),
      );
    },
  );

  it('tells changes, the latest state of a row only', async () => {
    const [first, second] = rows(2);
    if (first === undefined || second === undefined) throw new Error('no rows');
    const { a, b } = await linked({ catalogue: [first] });
    await b.next('offered');
    for (let have = 2; have <= 50; have += 1) {
      a.inbox.next({ type: 'offer', changed: [{ ...first, have }], removed: [] });
    }
    a.inbox.next({ type: 'offer', changed: [second], removed: [first] });
    expect(await b.next('offered', 2)).toEqual({
      type: 'offered',
      peerId: alice.peerId,
      fresh: false,
      complete: true,
      changed: [second],
      removed: [{ name: first.name, id: first.id }],
    });
  });

  it('links from a thread of its own, and says goodbye when the thread is stopped', async () => {
    const b = await start(bob);
    const handle = startOnWorker<Init, In, Out>(
      new URL('../../workers/mesh.js', import.meta.url),
      initOf(alice, { catalogue: rows(2) }),
      { name: 'mesh' },
    );
    cleanups.push(() => handle.kill('the test is over'));
    handle.out.subscribe();
    handle.send({ type: 'dial', host: HOST, port: b.port, expect: bob.peerId });
    expect((await b.next('offered')).changed).toEqual(rows(2));
    handle.stop();
    expect(await b.next('link-down')).toMatchObject({ reason: 'stopped' });
    expect(await handle.exit).toEqual({ reason: 'normal' });
  });

  it('says goodbye when it is stopped, and completes', async () => {
    const { a, b } = await linked();
    a.inbox.complete();
    expect(await a.done).toBe('completed');
    expect(await b.next('link-down')).toEqual({
      type: 'link-down',
      peerId: alice.peerId,
      reason: 'stopped',
    });
    expect(a.said.some(({ type }) => type === 'link-down')).toBe(false);
  });

  it('completes although a peer does not read its goodbye', async () => {
    const b = await start(bob);
    const session = await puppet(b);
    session.pause();
    await b.next('link-up');
    b.inbox.complete();
    expect(await b.done).toBe('completed');
  });

  it('tells a link lost when the other is gone without a word', async () => {
    const { a, b } = await linked();
    a.subscription.unsubscribe();
    expect(await b.next('link-down')).toMatchObject({ reason: 'lost' });
  });

  it('finds a silent peer dead within its time', async () => {
    const b = await start(bob);
    const session = await puppet(b);
    await b.next('link-up');
    session.pause();
    const before = performance.now();
    expect(await b.next('link-down')).toMatchObject({ reason: 'lost' });
    const ms = performance.now() - before;
    console.info(`found dead after ${ms.toFixed(0)} ms`);
    // Its time and what a busy machine adds; the defaults of a peer would take half a minute.
    expect(ms).toBeLessThan(TIMES.deadAfterMs * 8);
  });

  it('ends a link whose peer does not answer a probe', async () => {
    const b = await start(bob, { pingMs: 10_000, deadAfterMs: 30_000 });
    (await puppet(b)).pause();
    await b.next('link-up');
    b.inbox.next({ type: 'probe', peerId: alice.peerId });
    expect(await b.next('link-down')).toMatchObject({ reason: 'lost' });
  });

  it('ends with one link and both catalogues when both dial at once, again and again', async () => {
    const ours = rows(3);
    const theirs = rows(300);
    const [a, b] = await Promise.all([
      start(alice, { catalogue: ours }),
      start(bob, { catalogue: theirs }),
    ]);
    for (let round = 1; round <= 10; round += 1) {
      a.inbox.next({ type: 'dial', host: HOST, port: b.port, expect: bob.peerId });
      b.inbox.next({ type: 'dial', host: HOST, port: a.port, expect: alice.peerId });
      await Promise.all([a.next('link-up', round), b.next('link-up', round)]);
      // A mark that comes last on whatever link was settled on.
      const mark = (id: number): CatalogueRow =>
        ({ ...rows(1)[0], name: `mark ${id}` }) as CatalogueRow;
      a.inbox.next({ type: 'offer', changed: [mark(round)], removed: [] });
      b.inbox.next({ type: 'offer', changed: [mark(round)], removed: [] });
      await Promise.all([heardMark(a, round), heardMark(b, round)]);
      expect(catalogueAt(a)).toBe(theirs.length + round);
      expect(catalogueAt(b)).toBe(ours.length + round);
      for (const side of [a, b]) {
        expect(side.said.filter(({ type }) => type === 'link-down')).toHaveLength(round - 1);
      }
      a.inbox.next({ type: 'close-link', peerId: bob.peerId, reason: 'lost' });
      expect(await b.next('link-down', round)).toMatchObject({ reason: 'stopped' });
    }
  });

  it('replaces the link of a peer that has started again', async () => {
    const b = await start(bob);
    await puppet(b);
    await b.next('link-up');
    await puppet(b, alice, selfOf(alice, 'anew'));
    expect(await b.next('link-up', 2)).toMatchObject({ name: 'anew' });
    expect(b.said.filter(({ type }) => type === 'link-down')).toEqual([
      { type: 'link-down', peerId: alice.peerId, reason: 'replaced' },
    ]);
  });

  it('closes the link of a peer that becomes refused and lets it in no more', async () => {
    const { a, b } = await linked();
    b.inbox.next({ type: 'refuse', peers: [alice.peerId] });
    expect(await b.next('link-down')).toMatchObject({ reason: 'blocked' });
    expect(await a.next('link-down')).toMatchObject({ reason: 'stopped' });
    a.inbox.next({ type: 'dial', host: HOST, port: b.port });
    expect((await a.next('dial-failed')).error.code).toBe('refused');
    b.inbox.next({ type: 'dial', host: HOST, port: a.port });
    expect((await b.next('dial-failed')).error).toEqual({
      code: 'blocked',
      message: 'this peer is blocked here',
    });
  });

  it('tells why a dial failed', async () => {
    const [a, b] = await Promise.all([start(alice), start(bob)]);
    a.inbox.next({ type: 'dial', host: HOST, port: a.port });
    expect((await a.next('dial-failed')).error).toEqual({
      code: 'self',
      message: 'this address is our own: a peer does not link to itself',
    });
    a.inbox.next({ type: 'dial', host: HOST, port: b.port, expect: 'somebody' as PeerId });
    expect((await a.next('dial-failed', 2)).error.code).toBe('identity');
    b.subscription.unsubscribe();
    a.inbox.next({ type: 'dial', host: HOST, port: b.port });
    expect(await a.next('dial-failed', 3)).toMatchObject({
      host: HOST,
      port: b.port,
      error: { code: 'unreachable' },
    });
  });

  it('fails when its port is taken', async () => {
    const { port } = await start(alice);
    await expect(start(bob, { port })).rejects.toMatchObject({ code: 'port-busy' });
  });
});

it('says again how it shows itself on a link that takes over, as the leader may have dropped the one before unread', async () => {
  const b = await start(bob);
  const self = selfOf(alice);
  const first = await puppet(b, alice, self);
  await b.next('link-up');
  const message = { type: 'profile', name: 'Bob B.', status: 'away' } as const;
  b.inbox.next({ type: 'tell', peerId: alice.peerId, message });
  const second = await puppet(b, alice, self);
  first.end();
  const { message: heard } = await firstValueFrom(
    second.received.pipe(filter((each) => each.message.type === 'direct')),
  );
  expect(heard).toEqual({ type: 'direct', message });
  expect(b.said.filter(({ type }) => type === 'link-up' || type === 'link-down')).toHaveLength(1);
});

describe('the mesh, among hostile peers', () => {
  const [row] = rows(1);
  if (row === undefined) throw new Error('no row');

  it('cuts off who offers a name that escapes', async () => {
    const b = await start(bob);
    (await puppet(b)).send(offer([{ ...row, name: '../../etc/passwd' }]));
    expect((await b.next('trouble')).error.code).toBe('protocol');
    expect(await b.next('link-down')).toMatchObject({ reason: 'lost' });
    expect(b.said.some(({ type }) => type === 'offered')).toBe(false);
  });

  it('drops rows with unusable names and takes the others', async () => {
    const b = await start(bob);
    (await puppet(b)).send(offer([{ ...row, name: 'bell\u0007' }, row]));
    expect((await b.next('offered')).changed).toEqual([row]);
    expect((await b.next('trouble')).error.code).toBe('bad-name');
  });

  it('keeps as many rows as it has room for and tells once that there were more', async () => {
    const b = await start(bob);
    const session = await puppet(b);
    const many = rows(LIMITS.catalogueRows + 600);
    for (let from = 0; from < many.length; from += 200) {
      session.send(offer(many.slice(from, from + 200), { fresh: from === 0 }));
    }
    await b.next('offered', many.length / 200);
    const offers = b.said.filter((each) => each.type === 'offered');
    expect(offers.flatMap(({ changed }) => changed)).toHaveLength(LIMITS.catalogueRows);
    expect(b.said.filter(({ type }) => type === 'trouble')).toHaveLength(1);
  });

  it.each([
    { title: 'a change before the whole', message: offer([row], { fresh: false }) },
    { title: 'a question that belongs to another port', message: { type: 'get-root', id: row.id } },
    { title: 'a second hello', message: undefined },
  ])('cuts off who says $title', async ({ message }) => {
    const b = await start(bob);
    const session = await puppet(b);
    const { peer } = session;
    session.send((message as Message | undefined) ?? { type: 'hello', ...peer });
    expect((await b.next('trouble')).error.code).toBe('protocol');
    expect(await b.next('link-down')).toMatchObject({ reason: 'lost' });
  });

  it('lets pages through as they are taken, however many come in one breath', async () => {
    const b = await start(bob, {}, false);
    const session = await puppet(b);
    const [row] = rows(1);
    if (row === undefined) throw new Error('no row');
    for (let have = 0; have < 300; have += 1) session.send(offer([{ ...row, have }]));
    await b.next('offered', 32);
    await new Promise((resolve) => setTimeout(resolve, 250));
    const told = () => b.said.filter(({ type }) => type === 'offered');
    expect(told()).toHaveLength(32);
    for (let at = 0; at < 32; at += 1) b.inbox.next({ type: 'taken' });
    await b.next('offered', 64);
    expect(offersAt(b)[0]).toMatchObject({ have: 63 });
    expect(b.said.some(({ type }) => type === 'link-down')).toBe(false);
  });

  it('tells nothing of pages that say nothing, and goes on listening', async () => {
    const b = await start(bob);
    const session = await puppet(b);
    session.send(offer([]));
    const nothing = offer([], { fresh: false, complete: false });
    for (let at = 0; at < 40; at += 1) session.send(nothing);
    session.send(offer(rows(2), { fresh: false }));
    expect((await b.next('offered', 2)).changed).toEqual(rows(2));
  });
});
