/** What becomes of something that is sent while files of it change or vanish. */
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pathOf } from '#src/domain/content/entries.js';
import { type IndexRun, indexContent } from '#src/io/content/content-index.js';
import { failedFiles } from '#src/io/content/failed-files.js';
import type { Hashed } from '#src/io/content/known-content.js';
import { noise } from '#test/support/contents.js';
import { newFolder, writeTree } from '#test/support/folders.js';

/** @param meddle called when all is listed, and whenever something was read. */
async function indexed(root: string, meddle: () => void, more: Partial<IndexRun> = {}) {
  const about = await indexContent({
    path: root,
    known: undefined,
    signal: new AbortController().signal,
    onProgress: meddle,
    promised: { failed: [], isKnown: false, mustHold: false },
    ...more,
  });
  const { entries, layout, chunkHashes } = about.manifest;
  const paths = Array.from({ length: entries.count }, (_, entry) => pathOf(entries, entry));
  const known: Hashed = { entries, layout, chunkHashes, looks: about.looks };
  return { ...about, paths, known };
}

const still = () => undefined;

function tree(): string {
  const root = newFolder();
  writeTree(root, { a: noise(10), 'b/log': noise(10), 'b/x': noise(3_000_000), c: noise(10) });
  return root;
}

describe('what was promised', () => {
  it('goes on without a file that changes whenever it is read, and names it', async () => {
    const root = tree();
    const { paths, failed, failedCount } = await indexed(root, () =>
      appendFileSync(join(root, 'b', 'log'), 'x'),
    );
    expect(paths).toEqual(['a', 'b', 'b/x', 'c']);
    expect([failed, failedCount]).toEqual([['b/log'], 1]);
  });

  it('goes on without a large file of that kind', async () => {
    const root = tree();
    const { paths, failed } = await indexed(root, () => appendFileSync(join(root, 'b', 'x'), 'x'));
    expect(paths).toEqual(['a', 'b', 'b/log', 'c']);
    expect(failed).toEqual(['b/x']);
  });

  it('takes a file that changes once as it is then', async () => {
    const root = tree();
    let changes = 0;
    const { paths, failed } = await indexed(root, () => {
      changes += 1;
      if (changes === 1) appendFileSync(join(root, 'c'), 'x');
    });
    expect(paths).toContain('c');
    expect(failed).toEqual([]);
  });

  it('names a file that vanishes before it is read', async () => {
    const root = tree();
    const { paths, failed } = await indexed(root, () => rmSync(join(root, 'c'), { force: true }));
    expect(paths).toEqual(['a', 'b', 'b/log', 'b/x']);
    expect(failed).toEqual(['c']);
  });

  it('fails where nothing else is in it, and where it is a single file', async () => {
    const root = newFolder();
    const log = join(root, 'log');
    writeFileSync(log, 'x');
    const meddle = () => appendFileSync(log, 'x');
    await expect(indexed(root, meddle)).rejects.toMatchObject({ code: 'changed' });
    await expect(indexed(log, meddle)).rejects.toMatchObject({ code: 'changed' });
  });

  it('fails where all of it is wanted, by the name of the file', async () => {
    const root = tree();
    const meddle = () => appendFileSync(join(root, 'b', 'log'), 'x');
    const failing = indexed(root, meddle, { promised: undefined });
    await expect(failing).rejects.toThrow('b/log changes while it is read');
  });

  it('does not go on for ever where other files begin to change each time', async () => {
    const root = newFolder();
    let last = 0;
    const meddle = () => {
      appendFileSync(join(root, `f${last}`), 'x');
      last += 1;
      writeFileSync(join(root, `f${last}`), 'x');
    };
    meddle();
    await expect(indexed(root, meddle)).rejects.toMatchObject({ code: 'changed' });
  });
});

describe('what was sent before', () => {
  it('is looked at again as it is now, and what is gone is named', async () => {
    const root = tree();
    const { known } = await indexed(root, still);
    rmSync(join(root, 'a'));
    writeFileSync(join(root, 'c'), 'other');
    writeFileSync(join(root, 'd'), 'new');
    const promised = { failed: ['e', 'b/x'], isKnown: true, mustHold: false };
    const again = await indexed(root, still, { known, promised });
    expect(again.paths).toEqual(['b', 'b/log', 'b/x', 'c', 'd']);
    // b/x failed before, and is there again.
    expect(again.failed.toSorted()).toEqual(['a', 'e']);
  });

  it('goes without what has changed since, once that has happened too often', async () => {
    const root = tree();
    const { known } = await indexed(root, still);
    appendFileSync(join(root, 'b', 'log'), 'x');
    const promised = { failed: [], isKnown: true, mustHold: true };
    const again = await indexed(root, still, { known, promised });
    expect(again.paths).toEqual(['a', 'b', 'b/x', 'c']);
    expect(again.failed).toEqual(['b/log']);
  });

  it('counts all that failed, and names the first ten thousand', async () => {
    const many = Object.fromEntries(Array.from({ length: 10_050 }, (_, n) => [`f${n}`, noise(0)]));
    const root = newFolder();
    writeTree(root, many);
    const { known } = await indexed(root, still);
    const none = await indexed(newFolder(), still);
    const failing = failedFiles(none.known.entries, known.entries, []);
    expect([failing.failed.length, failing.failedCount]).toEqual([10_000, 10_050]);
  });

  it('is what was offered, however often it was looked at since: each file of it is there or has failed', async () => {
    const root = tree();
    const { manifest, known } = await indexed(root, still);
    rmSync(join(root, 'a'));
    const promised = { failed: [], isKnown: false, mustHold: false };
    const offered = manifest.entries;
    const second = await indexed(root, still, { offered, promised });
    expect(second.failed).toEqual(['a']);
    writeFileSync(join(root, 'new'), 'x');
    rmSync(join(root, 'c'));
    const later = { failed: ['forgotten'], isKnown: true, mustHold: false };
    const third = await indexed(root, still, { known, offered, promised: later });
    expect([third.failed, third.failedCount]).toEqual([['a', 'c'], 2]);
  });
});
