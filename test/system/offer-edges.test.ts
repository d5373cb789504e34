/** What goes wrong between two who mean well: names that meet, files that change, one who leaves or thinks better of it. */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { SettingsInput } from '#config/load.js';
import { MiB } from '#src/domain/limits.js';
import { sha256, writeRandom } from '#test/support/big-file.js';
import { newFolder } from '#test/support/folders.js';
import { createNetwork, knows, type Network, type TestPeer } from '#test/support/network.js';

vi.setConfig({ testTimeout: 120_000 });

const PATIENCE_MS = 60_000;

/** So much that somebody can break in while it is fetched at this pace. */
const FILM_BYTES = 32 * MiB;
const SLOW: SettingsInput = { limits: { downloadBytesPerSecond: 8 * MiB } };

type Two = [anna: TestPeer, ben: TestPeer, network: Network];

async function two(settings: SettingsInput = {}): Promise<Two> {
  const network = await createNetwork(2, undefined, { settings });
  const [anna, ben] = network.peers;
  if (anna === undefined || ben === undefined) throw new Error('two peers were asked for');
  await Promise.all([knows(anna, [ben]), knows(ben, [anna])]);
  return [anna, ben, network];
}

function made(network: Network, name: string, text: string): string {
  const path = join(network.folder, name);
  writeFileSync(path, text);
  return path;
}

async function offered(to: TestPeer, count = 1): Promise<string> {
  await vi.waitFor(() => expect(to.heard.of('offer-received')).toHaveLength(count), {
    timeout: PATIENCE_MS,
  });
  return String(to.heard.of('offer-received').at(-1)?.number);
}

/** What it said to be fetching. */
const starts = (peer: TestPeer, from = 0) =>
  peer.heard.all.slice(from).flatMap((one) => (one.type === 'download-started' ? [one.id] : []));

const completed = (peer: TestPeer, from = 0) =>
  peer.heard.until('offer-completed', { from, withinMs: PATIENCE_MS });

describe('two offers', () => {
  it('of the same name both arrive, the second beside the first', async () => {
    const [anna, ben, network] = await two();
    const path = made(network, 'report.txt', 'the first');
    await anna.send(path, { to: ben.name });
    await ben.accept(await offered(ben));
    expect(basename((await completed(ben)).path)).toBe('report.txt');
    writeFileSync(path, 'the second, and longer');
    const from = ben.heard.all.length;
    await anna.send(path, { to: ben.name });
    await ben.accept(await offered(ben, 2));
    const second = await completed(ben, from);
    expect(basename(second.path)).toBe('report (1).txt');
    expect(readFileSync(second.path, 'utf8')).toBe('the second, and longer');
  });

  it('that cross each other both arrive', async () => {
    const [anna, ben, network] = await two({ inbox: { accept: 'all' } });
    const of = (peer: TestPeer) => {
      const path = join(network.folder, peer.name, 'report.txt');
      writeFileSync(path, `of ${peer.name}`);
      return path;
    };
    await Promise.all([
      anna.send(of(anna), { to: ben.name }),
      ben.send(of(ben), { to: anna.name }),
    ]);
    expect(readFileSync((await completed(anna)).path, 'utf8')).toBe(`of ${ben.name}`);
    expect(readFileSync((await completed(ben)).path, 'utf8')).toBe(`of ${anna.name}`);
  });
});

describe('an offer', () => {
  it('that waits is taken once its sender is trusted, where that is whose are taken', async () => {
    const [anna, ben, network] = await two({ inbox: { accept: 'trusted' } });
    await anna.send(made(network, 'early.txt', 'early'), { to: ben.name });
    await offered(ben);
    await ben.trust(anna.peerId);
    expect(readFileSync((await completed(ben)).path, 'utf8')).toBe('early');
    expect(ben.offers()).toEqual([]);
    expect(ben.heard.of('offer-received')).toMatchObject([{ isTaken: false }, { isTaken: true }]);
  });

  it.each([
    ['was removed', (path: string) => rmSync(path)],
    ['was overwritten', (path: string) => writeFileSync(path, 'mine')],
    ['was moved', (path: string) => renameSync(path, `${path}.kept`)],
  ])(
    'of what came before and %s since brings it again, and only that is signed',
    async (_, spoil) => {
      const [anna, ben, network] = await two({ inbox: { accept: 'all' } });
      const film = writeRandom(join(network.folder, 'film'), MiB);
      await anna.send(film, { to: ben.name });
      const first = await completed(ben);
      spoil(first.path);
      const { offerId } = await anna.send(film, { to: ben.name });
      const again = await ben.heard.until('offer-completed', {
        where: (told) => told.offerId === offerId,
      });
      expect(readFileSync(again.path).equals(readFileSync(film))).toBe(true);
      await anna.heard.until('send-received', { where: (told) => told.offerId === offerId });
    },
  );

  it('that is accepted twice at once is fetched once, and the second is told so', async () => {
    const [anna, ben, network] = await two();
    await anna.send(made(network, 'once.txt', 'once'), { to: ben.name });
    const number = await offered(ben);
    const both = await Promise.allSettled([ben.accept(number), ben.accept(number)]);
    // Which of them finds its place first is the disk's business.
    const [first, second] = both.toSorted((one, other) => one.status.localeCompare(other.status));
    expect(first?.status).toBe('fulfilled');
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'not-found' } });
    await completed(ben);
    expect(ben.heard.of('offer-accepted')).toHaveLength(1);
  });

  it('that is accepted after its sender left is fetched when he is back', async () => {
    const [anna, ben, network] = await two();
    await anna.send(made(network, 'later.txt', 'later'), { to: ben.name });
    const number = await offered(ben);
    await anna.close();
    await ben.heard.until('peer-down');
    await ben.accept(number);
    const { message } = await ben.heard.until('notice', {
      where: ({ code }) => code === 'offline',
    });
    expect(message).toContain('later.txt is fetched when he is back');
    const about = { totalBytes: 'later'.length, files: 1, bytes: 0, peerName: anna.name };
    expect(await ben.transfers()).toMatchObject([{ state: 'waiting', ...about }]);
    await network.start(anna.home);
    expect(readFileSync((await completed(ben)).path, 'utf8')).toBe('later');
  });

  it('whose file has changed since arrives as it is now', async () => {
    const [anna, ben, network] = await two();
    const path = made(network, 'draft.txt', 'as it was');
    await anna.send(path, { to: ben.name });
    const number = await offered(ben);
    writeFileSync(path, 'as it is now');
    await ben.accept(number);
    expect(readFileSync((await completed(ben)).path, 'utf8')).toBe('as it is now');
    await anna.heard.until('send-received');
  });

  it('that has become more than was accepted is refused, and both are told', async () => {
    const [anna, ben, network] = await two();
    const path = made(network, 'log.txt', 'short');
    await anna.send(path, { to: ben.name });
    const number = await offered(ben);
    writeRandom(path, 4 * MiB);
    await ben.accept(number);
    const refused = await ben.heard.until('download-failed', { withinMs: PATIENCE_MS });
    expect(refused.code).toBe('too-large');
    const failed = await anna.heard.until('transfer-failed');
    expect(failed).toMatchObject({ code: 'too-large' });
    expect(failed.message).toContain('send it again');
    const rows = await anna.transfers();
    expect(rows).toMatchObject([{ state: 'failed', why: { code: 'too-large' } }]);
    await anna.send(path, { to: ben.name });
    await ben.accept(await offered(ben, 2));
    await completed(ben);
  });

  it('whose file is gone fails on both sides, who are told why, and goes on by `resume` once it is back', async () => {
    const [anna, ben, network] = await two();
    const path = made(network, 'gone.txt', 'gone');
    await anna.send(path, { to: ben.name });
    const number = await offered(ben);
    rmSync(path);
    await ben.accept(number);
    const failed = await anna.heard.until('send-failed', { withinMs: PATIENCE_MS });
    expect(failed.message).toContain('gone.txt cannot be sent any more');
    const { message } = failed;
    expect(await anna.transfers()).toMatchObject([{ state: 'failed', why: { message } }]);
    const told = await ben.heard.until('download-failed');
    expect(told).toMatchObject({ name: 'gone.txt', code: 'withdrawn' });
    expect(told.message).toContain(`${anna.name} (${anna.peerId.slice(0, 8)}) does not have it`);
    await expect(anna.resume('gone.txt')).rejects.toThrow(
      'gone.txt cannot be sent now either: it does not exist',
    );
    made(network, 'gone.txt', 'back');
    const [row] = await anna.transfers();
    expect(row?.why?.message).toMatch(
      /gone\.txt is there again: `resume \w{8}` goes on sending it$/,
    );
    expect(await anna.resume('gone.txt')).toMatchObject([{ state: 'waiting', direction: 'up' }]);
    expect(readFileSync((await completed(ben)).path, 'utf8')).toBe('back');
    await anna.heard.until('send-received', { withinMs: PATIENCE_MS });
    await expect(anna.resume('gone.txt')).rejects.toThrow(/`send ".+gone\.txt" --to/);
  });

  it('stays open where the inbox cannot be made, and is accepted once it can', async () => {
    const [anna, ben, network] = await two();
    await anna.send(made(network, 'stays.txt', 'stays'), { to: ben.name });
    const number = await offered(ben);
    const inbox = join(ben.home.downloads, 'inbox');
    writeFileSync(inbox, 'a file, not a folder');
    await expect(ben.accept(number)).rejects.toMatchObject({ code: 'not-found' });
    expect(ben.offers()).toHaveLength(1);
    rmSync(inbox);
    await ben.accept(number);
    expect(basename((await completed(ben)).path)).toBe('stays.txt');
  });

  it('whose inbox is removed midway fails with what to do, and `resume` makes the inbox anew', async () => {
    const [anna, ben, network] = await two(SLOW);
    const film = writeRandom(join(network.folder, 'film'), FILM_BYTES);
    await anna.send(film, { to: ben.name });
    await ben.accept(await offered(ben));
    await ben.heard.until('download-progress', { withinMs: PATIENCE_MS });
    rmSync(join(ben.home.downloads, 'inbox'), { recursive: true });
    const { message } = await ben.heard.until('download-failed', { withinMs: PATIENCE_MS });
    expect(message).toContain('`resume` it');
    ben.limit('download', null);
    anna.limit('upload', null);
    const from = ben.heard.all.length;
    await ben.resume('film');
    const { path } = await completed(ben);
    expect(readFileSync(path).equals(readFileSync(film))).toBe(true);
    // Told once, though a download goes on and what was accepted joins it.
    expect(starts(ben, from)).toHaveLength(1);
  });

  it('to all that is taken is said once to be fetched, after a restart too', async () => {
    const [anna, ben, network] = await two({ inbox: { accept: 'all' }, ...SLOW });
    const film = writeRandom(join(network.folder, 'film'), FILM_BYTES);
    const { offerId } = await anna.send(film, {});
    const isSealed = () => anna.sends().find((send) => send.offerId === offerId)?.id ?? undefined;
    await vi.waitFor(() => expect(isSealed()).toBeDefined(), { timeout: PATIENCE_MS });
    await ben.heard.until('download-progress', { where: ({ id }) => id === isSealed() });
    await ben.close();
    const ben2 = await network.start(ben.home);
    await completed(ben2);
    expect(starts(ben2)).toEqual([isSealed()]);
  });

  it.each([
    ['beside it', () => newFolder()],
    ['on another disk', () => mkdtempSync('/dev/shm/p2p ')],
  ])(
    'that came whole and could not be put is put elsewhere, %s, and receipted',
    async (_, make) => {
      const [anna, ben, network] = await two(SLOW);
      const film = writeRandom(join(network.folder, 'film'), FILM_BYTES);
      await anna.send(film, { to: ben.name });
      const taken = join(ben.home.downloads, 'taken');
      await ben.accept(await offered(ben), { to: taken });
      await ben.heard.until('download-progress', { withinMs: PATIENCE_MS });
      writeFileSync(taken, 'somebody was first');
      await ben.heard.until('download-failed', { withinMs: PATIENCE_MS });
      const folder = make();
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const done = await ben.download('film', { to: folder });
      expect(done).toMatchObject({ path: join(folder, 'film'), fetchedBytes: 0 });
      expect(readFileSync(done.path).equals(readFileSync(film))).toBe(true);
      expect(readFileSync(taken, 'utf8')).toBe('somebody was first');
      expect((await anna.heard.until('send-received')).bytes).toBe(FILM_BYTES);
      expect(existsSync(join(ben.home.downloads, '.p2p-partial'))).toBe(false);
      expect(await ben.transfers('film')).toMatchObject([{ state: 'completed', failed: 0 }]);
    },
  );

  it.each(['sender', 'receiver'] as const)('that the %s cancels midway ends there', async (who) => {
    const [anna, ben, network] = await two(SLOW);
    const film = writeRandom(join(network.folder, 'film'), FILM_BYTES);
    await anna.send(film, { to: ben.name });
    await ben.accept(await offered(ben));
    await ben.heard.until('download-progress', { withinMs: PATIENCE_MS });
    await (who === 'sender' ? anna : ben).cancel('film');
    if (who === 'sender') {
      await ben.heard.until('download-failed', { where: ({ code }) => code === 'withdrawn' });
    } else
      await anna.heard.until('offer-answered', { where: ({ answer }) => answer === 'rejected' });
    expect(anna.sends()).toMatchObject([{ isOpen: false }]);
    const names = readdirSync(join(ben.home.downloads, 'inbox'));
    expect(names.filter((name) => name !== '.p2p-partial')).toEqual([]);
  });
});

describe('an actor that is killed midway', () => {
  it.each(['hasher', 'transfer-server', 'mesh'])(
    'the %s of the sender: it arrives',
    async (actor) => {
      const [anna, ben, network] = await two({ ...SLOW, drills: true });
      const film = writeRandom(join(network.folder, 'film'), FILM_BYTES);
      await anna.send(film, { to: ben.name });
      await ben.accept(await offered(ben));
      await ben.heard.until('download-progress', { withinMs: PATIENCE_MS });
      anna.drill('kill', actor);
      await anna.heard.until('actor-restarted', { where: (said) => said.actor === actor });
      expect(await sha256((await completed(ben)).path)).toBe(await sha256(film));
      await anna.heard.until('send-received', { withinMs: PATIENCE_MS });
    },
  );
});
