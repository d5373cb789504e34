import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { filter, firstValueFrom, map, type Observable, toArray } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { ActorHandle } from '#src/actor/actor.js';
import { type ActorPool, createPool } from '#src/actor/pool-host.js';
import { startOnWorker } from '#src/actor/worker-host.js';
import type * as Echo from '#test/support/actors/echo.js';

type EchoHandle = ActorHandle<Echo.In, Echo.Out>;

const ECHO = new URL('../support/actors/echo.js', import.meta.url);
const INIT: Echo.Init = { greeting: 'good day' };

let pool: ActorPool;
beforeAll(() => {
  pool = createPool({ slots: 2 });
});
afterAll(() => pool.close());

function onPool(): EchoHandle {
  const handle = pool.start<Echo.Init, Echo.In, Echo.Out>(ECHO, INIT);
  if (handle === undefined) throw new Error('no slot is free');
  return handle;
}
const onWorker = (): EchoHandle => startOnWorker(ECHO, INIT, { name: 'echo' });

function said(handle: EchoHandle): Promise<Echo.Out[]> {
  return firstValueFrom(handle.out.pipe(toArray()));
}
function values(out: Observable<Echo.Out>): Promise<unknown[]> {
  return firstValueFrom(
    out.pipe(
      map((message) => (message.type === 'echoed' ? message.value : message.type)),
      toArray(),
    ),
  );
}

describe.each([
  ['on a worker', onWorker],
  ['on a pool', onPool],
])('an actor %s', (_home, start) => {
  it('hears and answers in order, flushes when it is stopped, and ends normally', async () => {
    const handle = start();
    const all = said(handle);
    for (const value of [1, 'two', new Uint8Array([3])]) handle.send({ type: 'echo', value });
    handle.stop();
    expect(await handle.exit).toEqual({ reason: 'normal' });
    expect(await all).toEqual([
      { type: 'hello', greeting: 'good day' },
      { type: 'echoed', value: 1 },
      { type: 'echoed', value: 'two' },
      { type: 'echoed', value: new Uint8Array([3]) },
      { type: 'flushed' },
    ]);
    expect(handle.beats()).toBeGreaterThan(0);
  });

  it('never lets its exit overtake ten thousand messages', async () => {
    const handle = start();
    const all = values(handle.out);
    let left = 20;
    handle.out.subscribe((message) => {
      if (message.type === 'echoed' && message.value !== 499) return;
      left -= 1;
      if (left >= 0) handle.send({ type: 'flood', count: 500 });
      else handle.stop();
    });
    expect(await handle.exit).toEqual({ reason: 'normal' });
    const batch = Array.from({ length: 500 }, (_, index) => index);
    expect(await all).toEqual([
      'hello',
      ...Array.from({ length: 20 }, () => batch).flat(),
      'flushed',
    ]);
  });

  it('delivers what it said before it died without a word', async () => {
    const handle = start();
    const all = values(handle.out);
    handle.send({ type: 'flood', count: 1000 });
    handle.send({ type: 'die' });
    expect(await handle.exit).toMatchObject({ reason: 'killed' });
    expect(await all).toHaveLength(1001);
  });

  it.each([
    ['an error of its output', 'fail', { code: 'disk-full', message: 'No room left.' }],
    ['a throw in a timer', 'throw-later', { code: 'io', message: 'Thrown in a timer.' }],
    ['an unhandled rejection', 'reject-later', { code: 'io', message: 'Rejected by nobody.' }],
  ] as const)('fails with the record of %s', async (_what, type, error) => {
    const handle = start();
    handle.send({ type });
    expect(await handle.exit).toEqual({ reason: 'failed', error });
  });

  it.each([
    ['an endless loop', (handle: EchoHandle) => handle.send({ type: 'spin' })],
    ['a call that never returns', (handle: EchoHandle) => handle.hang()],
  ])('is killed in the middle of %s', async (_what, hang) => {
    const handle = start();
    const all = values(handle.out);
    const answered = firstValueFrom(handle.out.pipe(filter(({ type }) => type === 'echoed')));
    handle.send({ type: 'echo', value: 'before' });
    hang(handle);
    handle.send({ type: 'echo', value: 'never' });
    await answered;
    handle.kill('It hangs.');
    expect(await all).toEqual(['hello', 'before']);
    expect(await handle.exit).toEqual({
      reason: 'killed',
      error: { code: 'killed', message: 'It hangs.' },
    });
  });

  it('lets go of what its thread holds when it is killed, unless it hangs', async () => {
    for (const [isHanging, ended] of [
      [false, 1],
      [true, 0],
    ] as const) {
      const into = new Int32Array(new SharedArrayBuffer(4));
      const handle = start();
      const noted = firstValueFrom(handle.out.pipe(filter(({ type }) => type === 'echoed')));
      handle.send({ type: 'note-end', into });
      await noted;
      if (isHanging) handle.hang();
      handle.kill('Enough.');
      expect(await handle.exit).toMatchObject({ reason: 'killed' });
      expect(into[0]).toBe(ended);
    }
  });

  it('can be killed before its thread has begun', async () => {
    const handle = start();
    handle.kill('Changed our mind.');
    expect(await handle.exit).toMatchObject({ reason: 'killed' });
  });

  it('fails when it says more than its host can take', async () => {
    const handle = start();
    handle.send({ type: 'flood', count: 2_000_000 });
    expect(await handle.exit).toMatchObject({ reason: 'failed', error: { code: 'limit' } });
  });

  it('fails when it does not take what it is sent (GHSA-j7qp-mfxf-8xjw)', async () => {
    const handle = start();
    handle.hang();
    for (let count = 0; count < 1025; count += 1) handle.send({ type: 'echo', value: count });
    expect(await handle.exit).toMatchObject({ reason: 'failed', error: { code: 'limit' } });
  });

  it('fails when what it is sent cannot be cloned', async () => {
    const handle = start();
    handle.send({ type: 'echo', value: () => 1 });
    expect(await handle.exit).toMatchObject({ reason: 'failed' });
  });

  it('takes no message after its end', async () => {
    const handle = start();
    handle.stop();
    await handle.exit;
    for (let count = 0; count < 2000; count += 1) handle.send({ type: 'echo', value: count });
    expect(await handle.exit).toEqual({ reason: 'normal' });
  });
});

describe('a pool', () => {
  it('has its code loaded ahead, and takes no slot for that, nor fails where it cannot be', async () => {
    const warmed = createPool({ slots: 2 });
    warmed.warm(ECHO);
    warmed.warm(new URL('./no-such-actor.js', import.meta.url));
    expect(warmed.free).toBe(2);
    const handle = warmed.start<Echo.Init, Echo.In, Echo.Out>(ECHO, INIT);
    expect(handle).toBeDefined();
    handle?.stop();
    expect(await handle?.exit).toEqual({ reason: 'normal' });
    await warmed.close();
  });

  it('says at once that no slot is free, and has one again after an exit', async () => {
    const first = onPool();
    const second = onPool();
    expect(pool.free).toBe(0);
    expect(pool.start(ECHO, INIT)).toBeUndefined();
    first.stop();
    await first.exit;
    expect(pool.free).toBe(1);
    second.kill('Done.');
    await second.exit;
    expect(pool.free).toBe(2);
  });

  it('kills what still runs when it is closed, and starts nothing after', async () => {
    const closing = createPool({ slots: 1 });
    const handle = closing.start(ECHO, INIT);
    await closing.close();
    expect(await handle?.exit).toMatchObject({ reason: 'killed' });
    expect(closing.start(ECHO, INIT)).toBeUndefined();
  });
});

describe('actors that share a thread', () => {
  /** As many as there are slots, once each has said which thread it lives on. */
  async function house(slots: number, threads: number) {
    const shared = createPool({ slots, threads });
    onTestFinished(() => shared.close());
    const start = async () => {
      const handle = shared.start<Echo.Init, Echo.In, Echo.Out>(ECHO, INIT);
      if (handle === undefined) throw new Error('no slot is free');
      return { handle, thread: await answer(handle, { type: 'where' }) };
    };
    const all = [];
    for (let count = 0; count < slots; count += 1) all.push(await start());
    return {
      start,
      handles: all.map(({ handle }) => handle),
      threads: all.map((one) => one.thread),
    };
  }
  async function answer(handle: EchoHandle, message: Echo.In): Promise<unknown> {
    const answered = firstValueFrom(handle.out.pipe(filter(({ type }) => type === 'echoed')));
    handle.send(message);
    const said = await answered;
    return said.type === 'echoed' ? said.value : undefined;
  }

  it('are spread evenly over as many threads as there may be', async () => {
    const { threads } = await house(6, 2);
    const counts = [...new Set(threads)].map((one) => threads.filter((id) => id === one).length);
    expect(counts).toEqual([3, 3]);
  });

  it('end alone, by their own word or by their own failure, and their place is used again', async () => {
    const { start, handles, threads } = await house(3, 1);
    const [failing, stopping, staying] = handles;
    failing?.send({ type: 'fail' });
    stopping?.stop();
    expect(await failing?.exit).toMatchObject({ reason: 'failed', error: { code: 'disk-full' } });
    expect(await stopping?.exit).toEqual({ reason: 'normal' });
    const again = await start();
    expect(again.thread).toBe(threads[0]);
    if (staying === undefined) throw new Error('nobody stayed');
    expect(await answer(staying, { type: 'echo', value: 'here' })).toBe('here');
    expect(staying.beats()).toBeGreaterThan(0);
  });

  it('all end by an exception that none of them caught, each with its record, and begin anew', async () => {
    const { start, handles, threads } = await house(3, 1);
    handles[1]?.send({ type: 'throw-later' });
    const error = { code: 'io', message: 'Thrown in a timer.' };
    for (const { exit } of handles) expect(await exit).toEqual({ reason: 'failed', error });
    const lives = [await start(), await start(), await start()];
    const [thread] = new Set(lives.map((life) => life.thread));
    expect(lives.map((life) => life.thread)).toEqual([thread, thread, thread]);
    expect(thread).not.toBe(threads[0]);
  });

  it.each([
    ['one of them ends their thread', (handle: EchoHandle) => handle.send({ type: 'die' })],
    ['one of them is killed', (handle: EchoHandle) => handle.kill('Enough.')],
    [
      'one of them hangs and is killed',
      (handle: EchoHandle) => {
        handle.send({ type: 'spin' });
        handle.kill('It hangs.');
      },
    ],
  ])('are all gone when %s, and those on other threads are not', async (_what, end) => {
    const { handles, threads } = await house(4, 2);
    const [first] = handles;
    if (first !== undefined) end(first);
    for (const [at, handle] of handles.entries()) {
      if (threads[at] === threads[0]) expect(await handle.exit).toMatchObject({ reason: 'killed' });
      else expect(await answer(handle, { type: 'echo', value: at })).toBe(at);
    }
  });

  it('keep stdout clean until the last of them is gone', async () => {
    const program = new URL('../support/programs/sharing-stdout.js', import.meta.url);
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [
      fileURLToPath(program),
    ]);
    expect(stdout).toBe('');
    expect(stderr).toBe('from the last of two\n');
  });
});

describe('a worker', () => {
  it('whose file is missing is an exit with the reason, not an exception', async () => {
    const handle = startOnWorker(new URL('./nowhere.js', import.meta.url), {}, { name: 'nowhere' });
    expect(await handle.exit).toMatchObject({
      reason: 'killed',
      error: { code: expect.stringMatching(/MODULE_NOT_FOUND/) },
    });
  });
});
