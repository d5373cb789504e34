import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Contents } from '#src/domain/catalogue/contents.js';
import { Directory } from '#src/domain/catalogue/directory.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { StagedWriter } from '#src/io/fetch/staged-writer.js';
import { prepareStaging } from '#src/io/fetch/staging.js';
import { stagingFolder } from '#src/io/fetch/staging-folder.js';
import { Downloads, type DownloadsOptions } from '#src/peer/downloads/downloads.js';
import type { PeerEvent } from '#src/peer/events.js';
import { Givers } from '#src/peer/sends/givers.js';
import type { Found } from '#src/peer/shares/lookup.js';
import { chunkBytesOf, manifestOf, noise, type Tree } from '#test/support/contents.js';
import { draftOf } from '#test/support/drafts.js';
import { newFolder } from '#test/support/folders.js';

const tree: Tree = { 'a/one.txt': noise(300_000, 1), 'b/two.txt': noise(20, 2) };
const manifest = manifestOf(tree);
const { id } = manifest;
/** By which it was offered. */
const draft = draftOf(manifest);

/** Chunks on the disk already, so that a download of them is finished without anybody else. */
async function stageAll(downloads: string, by = manifest): Promise<void> {
  const staging = stagingFolder(downloads, by.id);
  await prepareStaging(staging, by);
  const writer = new StagedWriter(staging, by);
  for (let index = 0; index < manifest.layout.chunks; index += 1) {
    await writer.write(index, chunkBytesOf(tree, manifest.entries, manifest.layout, index));
  }
  await writer.close();
}

function surroundings(
  found?: Promise<Found>,
  known: Manifest | undefined = manifest,
  of?: ContentId,
) {
  const folder = newFolder();
  const rows = new Map<string, unknown>();
  const events: PeerEvent[] = [];
  const received: string[] = [];
  const contents = new Contents();
  const noting = { until: Promise.resolve() };
  /** What waits for the disk: rows read, chunks verified. */
  const disk = { read: Promise.resolve(), verified: Promise.resolve(), verifying: 0 };
  const options = {
    home: {
      folders: { downloads: folder },
      settings: { transfer: { timeoutMs: 60_000, maxSources: 4 }, sharing: { downloads: true } },
      database: {
        all: async (table: string) => (table === 'downloads' ? [...rows] : []),
        get: async (_: string, key: string) => {
          await disk.read;
          return rows.get(key);
        },
        put: async (table: string, key: string, row: unknown) =>
          void (table === 'downloads' && rows.set(key, row)),
        remove: async (table: string, key: string) =>
          void (table === 'downloads' && rows.delete(key)),
      },
    },
    neighbours: { holdersChanged: new Subject(), directory: new Directory() },
    givers: new Givers(),
    manifests: {
      read: async (wanted: ContentId) => {
        if (wanted === draft.id) return draft;
        return of === undefined || of === wanted ? known : undefined;
      },
      known: () => undefined,
    },
    hasherJobs: {
      verify: async (_: ContentId, __: string, chunks: readonly number[]) => {
        disk.verifying += 1;
        await disk.verified;
        disk.verifying -= 1;
        return chunks;
      },
    },
    library: {
      contents,
      whole: () => received.map((path) => ({ path, name: 'tree' }))[0],
      put: () => undefined,
      gain: () => undefined,
      remove: () => undefined,
    },
    lookup: {
      find: () => found ?? Promise.resolve({ kind: 'offered', id, name: 'tree' }),
      namesakes: () => [],
    },
    received: {
      stale: async () => undefined,
      whole: async () => received[0],
      add: async (path: string) => {
        await noting.until;
        received.push(path);
      },
    },
    knowsOf: async () => true,
    kept: () => undefined,
    convict: () => undefined,
    tell: (event: PeerEvent) => events.push(event),
  } as unknown as DownloadsOptions;
  const told = (type: PeerEvent['type']) => events.filter((event) => event.type === type).length;
  const downloads = new Downloads(options);
  return { folder, rows, received, contents, events, noting, disk, told, downloads };
}

function gate<T>() {
  let open: (value: T) => void = () => undefined;
  const until = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { until, open };
}

describe('a download that others join', () => {
  it('says how much of it is here once that is known, and nothing before', async () => {
    const { folder, contents, events, disk, downloads } = surroundings();
    await stageAll(folder);
    // All of it is in doubt then.
    rmSync(join(stagingFolder(folder, id), 'synced'));
    const verified = gate<void>();
    Object.assign(disk, { verified: verified.until });
    const one = downloads.download('tree', {});
    await expect.poll(() => disk.verifying).toBe(1);
    const { chunks } = manifest.layout;
    const about = { id, name: 'tree', bytes: manifest.bytes, chunks, isOffered: true };
    contents.put('kept', { ...about, source: { kind: 'kept', path: '/kept', have: [] } });
    const joined = downloads.download('tree', {});
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    verified.open();
    await Promise.all([one, joined]);
    const said = events.filter(({ type }) => type === 'download-started');
    expect(said.length).toBeGreaterThan(0);
    for (const event of said) expect(event).toMatchObject({ have: chunks });
  });
});

describe('downloads of a peer that is closed', () => {
  it('are noted as received where they are being finished, and are not unfinished any more', async () => {
    const { folder, rows, received, noting, downloads } = surroundings();
    await stageAll(folder);
    const held = gate<void>();
    noting.until = held.until;
    const done = downloads.download('tree', {});
    while (!existsSync(join(folder, 'tree'))) await new Promise(setImmediate);
    const closed = downloads.close();
    held.open();
    await closed;
    expect(received).toEqual([join(folder, 'tree')]);
    expect(rows.size).toBe(0);
    expect(await done).toMatchObject({ path: join(folder, 'tree') });
  });

  it('are refused while they are looked up, begun, or asked for too late', async () => {
    const found = gate<Found>();
    const { told, downloads, rows } = surroundings(found.until);
    const looked = downloads.download('tree', {});
    const refused = expect(looked).rejects.toMatchObject({
      code: 'cancelled',
      message: 'The peer was closed before it had begun.',
    });
    await downloads.close();
    found.open({ kind: 'offered', id, name: 'tree' });
    await refused;
    await expect(downloads.download('tree', {})).rejects.toMatchObject({ code: 'cancelled' });
    expect(await downloads.idle()).toEqual({ failed: 2 });
    expect([told('download-failed'), rows.size, downloads.running.length]).toEqual([2, 0, 0]);
  });

  it('leave nothing running where the end comes at any step of their beginning', async () => {
    for (let steps = 0; steps < 12; steps += 1) {
      const { downloads } = surroundings(undefined, undefined);
      const refused = expect(downloads.download('tree', {})).rejects.toMatchObject({
        code: 'cancelled',
      });
      for (let step = 0; step < steps; step += 1) await Promise.resolve();
      await downloads.close();
      await refused;
      expect(downloads.running).toEqual([]);
    }
  });
});

describe('several who ask for one content', () => {
  it('are all answered, also the one who asks while it is being noted', async () => {
    const { folder, noting, received, downloads } = surroundings();
    await stageAll(folder);
    const held = gate<void>();
    noting.until = held.until;
    const first = downloads.download('tree', {});
    while (!existsSync(join(folder, 'tree'))) await new Promise(setImmediate);
    const second = downloads.download('tree', {});
    await new Promise(setImmediate);
    held.open();
    expect((await second).path).toBe((await first).path);
    expect(received).toHaveLength(1);
  });
});

describe('giving a download up', () => {
  it('ends what runs of it before it begins anew for another, who was looking where it would go', async () => {
    const { folder, disk, downloads } = surroundings();
    await stageAll(folder);
    // All of it is in doubt then.
    rmSync(join(stagingFolder(folder, id), 'synced'));
    const [read, verified] = [gate<void>(), gate<void>()];
    Object.assign(disk, { read: read.until, verified: verified.until });
    const looking = downloads.download('tree', {});
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
    disk.read = Promise.resolve();
    const stop = new AbortController();
    const given = downloads.download('tree', { signal: stop.signal });
    const givenUp = expect(given).rejects.toMatchObject({ code: 'cancelled' });
    await expect.poll(() => disk.verifying).toBe(1);
    stop.abort();
    read.open();
    for (let turn = 0; turn < 200; turn += 1) {
      await new Promise(setImmediate);
      expect(downloads.running).toEqual([]);
    }
    verified.open();
    await givenUp;
    expect((await looking).path).toBe(join(folder, 'tree'));
  });

  it('is heard during the lookup, and before it', async () => {
    const { downloads } = surroundings(new Promise(() => undefined));
    const stop = new AbortController();
    const looked = downloads.download('tree', { signal: stop.signal });
    stop.abort();
    await expect(looked).rejects.toMatchObject({ code: 'cancelled' });
    const late = downloads.download('tree', { signal: stop.signal });
    await expect(late).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('says nothing once the download is complete', async () => {
    const { folder, told, downloads } = surroundings();
    await stageAll(folder);
    const stop = new AbortController();
    await downloads.download('tree', { signal: stop.signal });
    stop.abort();
    expect([told('download-completed'), told('download-failed')]).toEqual([1, 0]);
  });

  it('ends only what the one who gives up asked for', async () => {
    const { downloads } = surroundings(undefined, undefined);
    const stop = new AbortController();
    const one = downloads.download('tree', { signal: stop.signal });
    const other = downloads.download('tree', {});
    const refused = expect(other).rejects.toMatchObject({ code: 'cancelled' });
    await expect.poll(() => downloads.running.length).toBe(1);
    stop.abort();
    await expect(one).rejects.toMatchObject({ code: 'cancelled' });
    expect(downloads.running).toHaveLength(1);
    await downloads.close();
    await refused;
  });

  it('lets the next of the same content begin anew, and complete', async () => {
    const { folder, downloads } = surroundings();
    await stageAll(folder);
    const stop = new AbortController();
    const one = downloads.download('tree', { signal: stop.signal });
    const refused = expect(one).rejects.toMatchObject({ code: 'cancelled' });
    await expect.poll(() => downloads.running.length, { interval: 1 }).toBe(1);
    stop.abort();
    await refused;
    expect(await downloads.download('tree', {})).toMatchObject({ path: join(folder, 'tree') });
    await downloads.close();
  });
});

describe('a download that was begun and is whole here meanwhile', () => {
  it('is answered at once', async () => {
    const { rows, received, downloads } = surroundings();
    received.push('/shared/tree');
    rows.set(id, { id, name: 'tree' });
    const done = await downloads.download('tree', {});
    expect(done).toMatchObject({ path: '/shared/tree', alreadyHere: true });
    expect(done).not.toHaveProperty('notPutAt');
  });

  it.each([
    ['/elsewhere/copy', '/elsewhere/copy'],
    ['/elsewhere/', '/elsewhere'],
    ['/shared/tree', undefined],
    ['/shared/', undefined],
  ])('and is wanted at %s is said not to be there: %s', async (to, notPutAt) => {
    const { rows, received, downloads } = surroundings();
    received.push('/shared/tree');
    rows.set(id, { id, name: 'tree' });
    const done = await downloads.download('tree', { to });
    expect(done).toMatchObject({ path: '/shared/tree', alreadyHere: true });
    expect(done.notPutAt).toBe(notPutAt);
  });
});

describe('a download that cannot begin', () => {
  it('says why in the words of what went wrong', async () => {
    const { folder, downloads } = surroundings();
    const to = join(folder, 'none', 'file');
    await expect(downloads.download('tree', { to })).rejects.toMatchObject({
      code: 'io',
      message: expect.stringContaining('does not exist: make it first'),
    });
  });

  it('because its folder takes nothing does not blame the disk', async () => {
    const gone = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });
    const { downloads } = surroundings(Promise.reject(gone));
    await expect(downloads.download('tree', { to: '/proc/foo' })).rejects.toMatchObject({
      code: 'io',
      message: expect.stringMatching(
        / is there no more, or nothing can be made in it: .*ask for it again.* \(ENOENT\)\.$/,
      ),
    });
  });

  it('is denied where the system denies it', async () => {
    const denied = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    const { downloads } = surroundings(Promise.reject(denied));
    await expect(downloads.download('tree', {})).rejects.toMatchObject({ code: 'denied' });
  });
});

describe('control of a download', () => {
  const other = 'a'.repeat(64) as ContentId;

  it('begins one anew that was paused in an earlier run, once it is asked for', async () => {
    const { rows, folder, downloads } = surroundings(undefined, undefined);
    const staging = stagingFolder(folder, id);
    const target = join(folder, 'tree');
    rows.set(id, { id, name: 'tree', target, mayRename: true, staging, isPaused: true });
    await downloads.begin(true);
    expect(await downloads.control.rows()).toMatchObject([
      { state: 'paused', totalBytes: 300_020 },
    ]);
    const asked = expect(downloads.download('tree', {})).rejects.toMatchObject({
      code: 'cancelled',
    });
    await expect.poll(() => downloads.running[0]?.state).toBe('waiting');
    expect(rows.get(id)).toMatchObject({ isPaused: false });
    await downloads.close();
    await asked;
  });

  it('shows what was fetched by its draft, while what that came to be is not listed here', async () => {
    const { rows, folder, downloads } = surroundings(undefined, manifest, id);
    await stageAll(folder);
    const staging = stagingFolder(folder, id);
    const about = { name: 'tree', target: join(folder, 'tree'), mayRename: true, staging };
    rows.set(other, { ...about, id: other, draft: id, isPaused: true });
    const shown = { state: 'paused', bytes: 300_020, totalBytes: 300_020, id: other };
    expect(await downloads.control.rows()).toMatchObject([shown]);
    await downloads.begin(true);
    expect(await downloads.control.rows()).toMatchObject([shown]);
    await downloads.close();
  });

  it('shows what nothing is done with as paused, with what an earlier run left of it', async () => {
    const { rows, folder, downloads } = surroundings();
    await stageAll(folder);
    const staging = stagingFolder(folder, id);
    rows.set(id, { id, name: 'tree', target: join(folder, 'tree'), mayRename: true, staging });
    await downloads.begin(false);
    expect(await downloads.control.rows()).toMatchObject([
      { state: 'paused', bytes: 300_020, totalBytes: 300_020, transferId: id.slice(0, 8) },
    ]);
    expect(await downloads.control.cancel('tree')).toMatchObject({ bytes: 300_020 });
    expect([existsSync(staging), rows.size]).toEqual([false, 0]);
  });

  it('wants to know which one, where a name means several, and what is there, where it means none', async () => {
    const { rows, downloads } = surroundings();
    for (const one of [id, other]) rows.set(one, { id: one, name: 'tree', staging: '/none' });
    await expect(downloads.control.pause('tree')).rejects.toMatchObject({
      code: 'ambiguous',
      message: `tree means 2 downloads: tree (${id.slice(0, 8)}), tree (aaaaaaaa); say which by its id`,
    });
    await expect(downloads.control.resume('film')).rejects.toMatchObject({ code: 'not-found' });
    await downloads.control.prefer(other.slice(0, 8), 'low');
    expect(rows.get(other)).toMatchObject({ priority: 'low' });
  });
});

describe('what is sent', () => {
  it('and was staged in an earlier run was not fetched in this one, though it is another content now', async () => {
    const { folder, downloads } = surroundings();
    await stageAll(folder, draft);
    const from = 'a'.repeat(52) as PeerId;
    const { bytes } = manifest;
    downloads.seal(draft.id, { id, failed: [], failedCount: 0 });
    const about = { draft: draft.id, bytes, files: 2, name: 'tree', isPrivate: true };
    const done = await downloads.fetch({ ...about, to: `${folder}/`, from, fromName: 'anna' });
    expect(done).toMatchObject({ id, bytes, fetchedBytes: 0 });
    await downloads.close();
  });
});
