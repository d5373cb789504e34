/** Files of what can be made or asked for anew, damaged in every way: what is not sound counts as none. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFingerprints, writeFingerprints } from '#src/io/content/fingerprints.js';
import { openManifestStore } from '#src/io/content/manifest-store.js';
import { openDatabase } from '#src/io/disk/database.js';
import { parseRow } from '#src/io/disk/row-shapes.js';
import { prepareStaging } from '#src/io/fetch/staging.js';
import { appendToKeptLog, readKeptLog, writeKeptLog } from '#src/io/spread/kept-log.js';
import { batterFile, bounded, MANY } from '#test/support/battered.js';
import { manifestOf, noise } from '#test/support/contents.js';
import { newFolder } from '#test/support/folders.js';
import { peerOf } from '#test/support/made-up-peers.js';
import { batter, SEED } from '#test/support/mutations.js';

describe('parsers of what can be made anew', () => {
  it('fingerprints: damaged ones count as none', async () => {
    const path = join(newFolder(), 'looks');
    const id = 'ab'.repeat(32) as never;
    await writeFingerprints(path, id, new BigUint64Array(20).fill(7n));
    const sound = await readRaw(path);
    await batterFile(path, [sound], async (bytes) => {
      expect((await readFingerprints(path, id)) !== undefined).toBe(sound.equals(bytes));
    });
  });

  it('kept records: sound ones in front of the damage count, no other', async () => {
    const path = join(newFolder(), 'kept');
    const giver = peerOf(1);
    const chunk = (index: number) => ({ index, bytes: 5, giver, hash: 'cd'.repeat(32) });
    const header = { name: 'n', bytes: 9, chunks: 4, manifestBytes: 0, giver };
    await writeKeptLog(path, { header, chunks: [chunk(0)] });
    await appendToKeptLog(path, chunk(1));
    const sound = await readRaw(path);
    await batterFile(path, [sound], async () => {
      const log = await readKeptLog(path);
      if (log === undefined) return;
      expect(log.header).toEqual(header);
      for (const one of log.chunks) expect([chunk(0), chunk(1)]).toContainEqual(one);
    });
  });

  it('journals: no chunk counts that there is not', async () => {
    const folder = newFolder();
    const manifest = manifestOf({ '': noise(700_000) });
    const staging = join(folder, '.p2p-partial', manifest.id);
    mkdirSync(join(staging), { recursive: true });
    writeFileSync(join(staging, 'data'), noise(700_000));
    const samples = [Buffer.from([0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]), Buffer.alloc(64, 255)];
    await batterFile(join(staging, 'journal'), samples, async () => {
      const { have, doubtful } = await prepareStaging(staging, manifest);
      for (const index of [...have.values(), ...doubtful]) {
        expect(index).toBeLessThan(manifest.layout.chunks);
      }
    });
  });

  it('stored manifests: a damaged one counts as missing', async () => {
    const folder = newFolder();
    const manifest = manifestOf({ 'a/b': noise(9), c: noise(400_000) });
    await openManifestStore(folder).write(manifest);
    const path = join(folder, manifest.id);
    const sound = await readRaw(path);
    await batterFile(path, [sound], async (bytes) => {
      const read = await openManifestStore(folder).read(manifest.id);
      expect(read !== undefined).toBe(sound.equals(bytes));
    });
  });

  it('rows of the database: what is not of their shape counts as none', async () => {
    const data = newFolder();
    const { database } = await openDatabase(data);
    const tables = ['hashed', 'downloads', 'received', 'peers'] as const;
    const junk = [
      null,
      7,
      'x',
      [],
      {},
      { id: 7 },
      { host: 'h', port: 1e308, at: 0 },
      { id: '../..', name: 5 },
    ];
    for (const table of tables) {
      for (const [at, value] of junk.entries()) await database.put(table, `${at}`, value as never);
      expect(await database.all(table), table).toEqual([]);
      for (const at of junk.keys())
        expect(await database.get(table, `${at}`), table).toBeUndefined();
    }
    await database.close();
  });
});

describe('a row of the database', () => {
  const ID = 'ab'.repeat(32);
  const SAMPLES = {
    hashed: { id: ID, bytes: 9, chunks: 1 },
    downloads: { id: ID, name: 'n', target: '/t', mayRename: true, staging: '/s' },
    received: { id: ID, bytes: 9, chunks: 1, name: 'n' },
    peers: { host: 'h', port: 7, at: 8 },
  } as const;

  it.each(Object.keys(SAMPLES) as (keyof typeof SAMPLES)[])(
    'of %s is as it should be or counts as none, whatever its text',
    (table) => {
      const sample: Readonly<Record<string, unknown>> = SAMPLES[table];
      const judge = (text: string) => {
        const row = parseRow(table, text) as Readonly<Record<string, unknown>> | undefined;
        if (row === undefined) return;
        for (const [field, value] of Object.entries(sample)) {
          expect(typeof row[field], field).toBe(typeof value);
          if (typeof value !== 'number') continue;
          expect(Number.isSafeInteger(row[field]), field).toBe(true);
          expect(row[field], field).toBeGreaterThanOrEqual(0);
        }
        if ('id' in sample) expect(row['id']).toMatch(/^[0-9a-f]{64}$/);
        if ('port' in sample) expect(row['port']).toBeLessThanOrEqual(65_535);
      };
      expect(parseRow(table, JSON.stringify(sample))).toEqual(sample);
      const texts = [JSON.stringify(sample), '{"id":9007199254740993,"bytes":1e308,"port":-1}'];
      bounded(() =>
        batter(
          texts.map((text) => Buffer.from(text)),
          (bytes) => judge(Buffer.from(bytes).toString()),
          MANY / 4,
          SEED,
        ),
      );
      const fields = Object.keys(sample);
      const row = fc.record(Object.fromEntries(fields.map((field) => [field, fc.jsonValue()])));
      fc.assert(
        fc.property(fc.oneof(row, fc.jsonValue()), (value) => judge(JSON.stringify(value))),
        { numRuns: MANY / 4, seed: SEED },
      );
    },
  );
});

async function readRaw(path: string): Promise<Buffer> {
  const { readFile } = await import('node:fs/promises');
  return readFile(path);
}
