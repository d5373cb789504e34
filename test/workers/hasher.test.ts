import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { firstValueFrom, ReplaySubject, Subject } from 'rxjs';
import { filter, take, toArray } from 'rxjs/operators';
import { describe, expect, it } from 'vitest';
import { startOnWorker } from '#src/actor/worker-host.js';
import type { ChunkIndex } from '#src/domain/ids.js';
import { KiB, MiB } from '#src/domain/limits.js';
import { openManifestStore } from '#src/io/content/manifest-store.js';
import type { Tree } from '#test/support/contents.js';
import { manifestOf, noise } from '#test/support/contents.js';
import { newFolder, writeTree } from '#test/support/folders.js';
import { startHasher } from '#test/support/hasher.js';
import type { In, Init, Out } from '#workers/hasher.js';
import { hasher } from '#workers/hasher.js';

const CHUNK = 256 * KiB;

describe('the hasher', () => {
  it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 9 * MiB + 3])(
    'makes of a file of %d bytes what its format says',
    async (size) => {
      const { path, index, folder } = startHasher();
      const tree = { '': noise(size) };
      writeTree(path, tree);
      const expected = manifestOf(tree);
      const said = await index();
      expect(said).toMatchObject({
        id: expected.id,
        kind: 'file',
        bytes: size,
        chunks: expected.layout.chunks,
        entries: 1,
        readBytes: size,
        skippedCount: 0,
      });
      const stored = await openManifestStore(join(folder, 'manifests')).read(expected.id);
      expect(Buffer.from(stored?.chunkHashes ?? [])).toEqual(Buffer.from(expected.chunkHashes));
    },
  );

  const tree: Tree = {
    'a b/ünï 日本.txt': noise(1000, 1),
    [`a b/${'x'.repeat(255)}`]: noise(2000, 2),
    'deep/er/and/deeper/file': noise(CHUNK - 1, 3),
    'large.bin': noise(5 * CHUNK + 1, 4),
    'exactly.bin': noise(CHUNK, 5),
    'empty file': new Uint8Array(),
    'empty/': new Uint8Array(),
  };

  it('makes of a directory what its format says', async () => {
    const { path, index } = startHasher();
    writeTree(path, tree);
    expect((await index()).id).toBe(manifestOf(tree).id);
  });

  it('gives the same id whatever the share is called and whenever it was written', async () => {
    const one = startHasher();
    const other = startHasher();
    writeTree(one.path, tree);
    writeTree(other.path, tree);
    utimesSync(join(other.path, 'large.bin'), 1, 1);
    expect((await one.index()).id).toBe((await other.index()).id);
  });

  it('keeps nothing of what is only looked at', async () => {
    const { folder, path, fingerprints, ask } = startHasher();
    writeTree(path, tree);
    const looked = await ask({ type: 'index', job: 1, path, fingerprints, isStored: false });
    const { id } = manifestOf(tree);
    expect(looked).toMatchObject({ type: 'indexed', id });
    expect(looked).not.toHaveProperty('manifest');
    expect(existsSync(fingerprints)).toBe(false);
    expect(existsSync(join(folder, 'manifests', id))).toBe(false);
  });

  it('reads nothing when nothing has changed', async () => {
    const { path, fingerprints, index } = startHasher();
    writeTree(path, tree);
    const { id } = await index();
    expect(await index({ id, fingerprints })).toMatchObject({ id, readBytes: 0 });
  });

  it('reads only a changed large file again', async () => {
    const { path, fingerprints, index } = startHasher();
    writeTree(path, tree);
    const { id } = await index();
    const changed = { ...tree, 'exactly.bin': noise(CHUNK, 99) };
    writeTree(path, { 'exactly.bin': noise(CHUNK, 99) });
    const again = await index({ id, fingerprints });
    expect(again).toMatchObject({ id: manifestOf(changed).id, readBytes: CHUNK });
  });

  it('reads only the pack of a changed small file again', async () => {
    const { path, fingerprints, index } = startHasher();
    const many: Record<string, Uint8Array> = {};
    for (let n = 0; n < 600; n += 1) many[`f${n}`] = noise(5000, n + 1);
    writeTree(path, many);
    const { id, bytes } = await index();
    const changed = { ...many, f300: noise(5000, 1234) };
    writeTree(path, { f300: noise(5000, 1234) });
    const again = await index({ id, fingerprints });
    expect(again.id).toBe(manifestOf(changed).id);
    expect(again.readBytes).toBeLessThanOrEqual(CHUNK);
    expect(bytes).toBe(3_000_000);
  });

  it('reads little when a file is added or goes', async () => {
    const { path, fingerprints, index } = startHasher();
    writeTree(path, tree);
    const { id } = await index();
    const more = { ...tree, zzz: noise(10, 9) };
    writeTree(path, { zzz: noise(10, 9) });
    const added = await index({ id, fingerprints });
    expect(added.id).toBe(manifestOf(more).id);
    expect(added.readBytes).toBeLessThan(2 * CHUNK);
    rmSync(join(path, 'zzz'));
    expect((await index({ id: added.id, fingerprints })).id).toBe(id);
  });

  it('reads all again where the manifest or the looks were damaged', async () => {
    const { path, fingerprints, folder, index } = startHasher();
    writeTree(path, tree);
    const { id, bytes } = await index();
    appendFileSync(fingerprints, 'x');
    expect(await index({ id, fingerprints })).toMatchObject({ id, readBytes: bytes });
    appendFileSync(join(folder, 'manifests', id), 'x');
    const fresh = new Subject<In>();
    const out = new ReplaySubject<Out>();
    hasher({ manifests: join(folder, 'manifests') }, fresh).subscribe(out);
    fresh.next({ type: 'index', job: 1, path, fingerprints, known: { id, fingerprints } });
    const said = await firstValueFrom(out.pipe(filter((said) => said.type !== 'progress')));
    expect(said).toMatchObject({ id, readBytes: bytes });
  });

  it('skips and names links, and what cannot be named or read', async () => {
    const { path, index } = startHasher();
    writeTree(path, { good: noise(10), '.p2p-partial/x': noise(5), 'new\nline': noise(5) });
    symlinkSync('/etc', join(path, 'link'));
    symlinkSync('good', join(path, 'alias'));
    mkdirSync(join(path, 'back\\slash'));
    const said = await index();
    expect(said.id).toBe(manifestOf({ good: noise(10) }).id);
    expect(said.skipped.map(({ path }) => path).toSorted()).toEqual(
      ['alias', 'back\\slash', 'link', 'new\nline'].toSorted(),
    );
    expect(said.skippedCount).toBe(4);
  });

  it('goes on where a folder may not be read', async (context) => {
    if (process.getuid?.() === 0) return context.skip('root may read everything');
    const { path, index } = startHasher();
    writeTree(path, { good: noise(10), 'closed/x': noise(5) });
    chmodSync(join(path, 'closed'), 0);
    const said = await index();
    chmodSync(join(path, 'closed'), 0o700);
    expect(said.skipped).toEqual([{ path: 'closed', why: 'cannot be read' }]);
    return undefined;
  });

  it('says what is missing', async () => {
    const { path, fingerprints, ask } = startHasher();
    const said = await ask({ type: 'index', job: 1, path, fingerprints });
    expect(said).toMatchObject({ type: 'job-failed', error: { code: 'not-found' } });
  });

  it('tells a file by name that never holds still', async () => {
    const { path, fingerprints, inbox, out } = startHasher();
    writeTree(path, { big: noise(40 * MiB), still: noise(5) });
    const timer = setInterval(() => appendFileSync(join(path, 'big'), 'more'), 1);
    inbox.next({ type: 'index', job: 1, path, fingerprints });
    const said = await firstValueFrom(out.pipe(filter((said) => said.type !== 'progress')));
    clearInterval(timer);
    expect(said).toMatchObject({ type: 'job-failed', error: { code: 'changed' } });
    expect(said.type === 'job-failed' && said.error.message).toContain('big changes while');
  });

  it('is right about a file that changed once while it was read', async () => {
    const { path, fingerprints, inbox, out, ask } = startHasher();
    writeTree(path, { big: noise(40 * MiB), still: noise(5) });
    const answer = ask({ type: 'index', job: 1, path, fingerprints });
    await firstValueFrom(out.pipe(filter((said) => said.type === 'progress')));
    writeFileSync(join(path, 'big'), noise(CHUNK, 7));
    expect(await answer).toMatchObject({
      id: manifestOf({ big: noise(CHUNK, 7), still: noise(5) }).id,
    });
    inbox.complete();
  });

  it('stops a job that is cancelled, and writes nothing', async () => {
    const { path, fingerprints, inbox, out, ask } = startHasher();
    writeTree(path, { '': noise(40 * MiB) });
    const answer = ask({ type: 'index', job: 1, path, fingerprints });
    await firstValueFrom(out.pipe(filter((said) => said.type === 'progress')));
    inbox.next({ type: 'cancel', job: 1 });
    expect(await answer).toMatchObject({ type: 'job-failed', error: { code: 'cancelled' } });
    expect(existsSync(fingerprints)).toBe(false);
  });

  it('ends when it is stopped, in the middle of a job', async () => {
    const { path, fingerprints, inbox, out } = startHasher();
    writeTree(path, { '': noise(40 * MiB) });
    inbox.next({ type: 'index', job: 1, path, fingerprints });
    inbox.complete();
    const said = await firstValueFrom(out.pipe(take(100), toArray()));
    expect(said.filter(({ type }) => type !== 'progress')).toEqual([]);
  });

  it('verifies a staged download, or says that its manifest is missing', async () => {
    const { path, folder, index, ask } = startHasher();
    writeTree(path, { '': noise(CHUNK + 9) });
    const { id } = await index();
    mkdirSync(join(folder, 'staging'));
    renameSync(path, join(folder, 'staging', 'data'));
    const chunks = [1, 0] as ChunkIndex[];
    const verify: In = { type: 'verify', job: 7, id, staging: join(folder, 'staging'), chunks };
    expect(await ask(verify)).toEqual({ type: 'verified', job: 7, good: [1, 0] });
    const unknown = manifestOf({ '': noise(3) }).id;
    expect(await ask({ ...verify, job: 8, id: unknown })).toMatchObject({
      type: 'job-failed',
      error: { code: 'damaged' },
    });
  });

  it('answers a copy that is cancelled only once nothing of it writes any more', async () => {
    const { path, folder, index, ask, inbox, out } = startHasher();
    writeTree(path, { '': noise(CHUNK + 9) });
    const { id } = await index();
    const [left, staging] = [join(folder, 'left'), join(folder, 'staging')];
    mkdirSync(left);
    mkdirSync(staging);
    renameSync(path, join(left, 'data'));
    const source = { kind: 'partial', path: left, have: [] } as const;
    const chunks = [0, 1] as ChunkIndex[];
    const said: string[] = [];
    out.subscribe(({ type, job }) => job === 7 && said.push(type));
    const answer = ask({ type: 'adopt', job: 7, id, staging, source, chunks });
    inbox.next({ type: 'cancel', job: 7 });
    expect(said).toEqual([]);
    expect(await answer).toMatchObject({ type: 'job-failed', error: { code: 'cancelled' } });
  });

  it('does its work on a thread of its own', async () => {
    const folder = newFolder();
    const tree = { '': noise(CHUNK + 1) };
    writeTree(join(folder, 'file'), tree);
    const file = new URL('../../workers/hasher.js', import.meta.url);
    const init: Init = { manifests: join(folder, 'manifests') };
    const thread = startOnWorker<Init, In, Out>(file, init, { name: 'hasher' });
    const answer = firstValueFrom(thread.out.pipe(filter((said) => said.type !== 'progress')));
    const fingerprints = join(folder, 'looks');
    thread.send({ type: 'index', job: 1, path: join(folder, 'file'), fingerprints });
    expect(await answer).toMatchObject({ type: 'indexed', id: manifestOf(tree).id });
    thread.stop();
    expect(await thread.exit).toEqual({ reason: 'normal' });
  });
});
