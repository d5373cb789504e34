/** What lies at the place of a download before it begins. */
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ErrorCode, P2pError } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { GiB } from '#src/domain/limits.js';
import { ThereAlready } from '#src/peer/downloads/there-already.js';
import { newFolder } from '#test/support/folders.js';

const ID = 'a'.repeat(64) as ContentId;
const OTHER = 'b'.repeat(64) as ContentId;
/** Some of it is staged. */
const HALF = 'c'.repeat(64) as ContentId;
const BYTES = 4;
/** Of it, as it was read: what others say is hearsay. */
const FOUND_BYTES = 5;

type Options = { readonly mostBytes: number; readonly signal: AbortSignal };
type Hear = (options: Options) => Promise<object>;

/** @param hear what the hasher makes of a job, where that is the matter. @param idOf what the bytes at a path come to be; what is not named cannot be read. */
function sceneOf(idOf: Readonly<Record<string, ContentId>>, bytes = BYTES, hear?: Hear) {
  const [downloads, fingerprints] = [newFolder(), newFolder()];
  const read: string[] = [];
  const there = new ThereAlready({
    home: { folders: { downloads, fingerprints } },
    unfinished: { get: async (id: ContentId) => (id === HALF ? {} : undefined) },
    neighbours: {
      directory: { leastBytes: (id: ContentId) => (id === OTHER ? undefined : bytes) },
    },
    hasherJobs: {
      index: async (path: string, _: string, __: undefined, options: Options) => {
        const name = path.slice(downloads.length + 1);
        read.push(name);
        if (hear !== undefined) return hear(options);
        const id = idOf[name];
        if (id === undefined) throw new P2pError('io', 'it cannot be read');
        return { id, bytes: FOUND_BYTES, files: 1, readBytes: FOUND_BYTES };
      },
    },
  } as unknown as ConstructorParameters<typeof ThereAlready>[0]);
  const put = (name: string, text = 'film') => writeFileSync(join(downloads, name), text);
  return { there, downloads, read, put };
}

describe('what lies where a download would go', () => {
  it('is that where its bytes are, and of the size that they have', async () => {
    const { there, put, downloads } = sceneOf({ 'film.mkv': ID });
    put('film.mkv');
    const path = join(downloads, 'film.mkv');
    const found = { path, bytes: FOUND_BYTES, files: 1 };
    expect(await there.find(ID, 'film.mkv', {})).toEqual(found);
    expect(await there.find(ID, 'film.mkv', { to: path })).toEqual(found);
  });

  it('may be a folder, whose bytes are looked at', async () => {
    const { there, downloads } = sceneOf({ album: ID });
    mkdirSync(join(downloads, 'album'));
    expect((await there.find(ID, 'album', {}))?.path).toBe(join(downloads, 'album'));
  });

  it('may have come under a number, as another one of its name was there', async () => {
    const { there, put, downloads } = sceneOf({ 'film.mkv': OTHER, 'film (1).mkv': ID });
    put('film.mkv');
    put('film (1).mkv');
    const found = await there.find(ID, 'film.mkv', {});
    expect(found?.path).toBe(join(downloads, 'film (1).mkv'));
  });

  it('is not that for its size, nor where it cannot be read', async () => {
    const { there, put, read } = sceneOf({ same: OTHER });
    put('same');
    put('unreadable');
    expect(await there.find(ID, 'same', {})).toBeUndefined();
    expect(await there.find(ID, 'unreadable', {})).toBeUndefined();
    expect(read).toEqual(['same', 'unreadable']);
  });

  it('is not read where it is of another size, a link, or nobody says how large it should be', async () => {
    const { there, put, read, downloads } = sceneOf({ small: ID, link: ID });
    put('small', 'x');
    symlinkSync(join(downloads, 'small'), join(downloads, 'link'));
    expect(await there.find(ID, 'small', {})).toBeUndefined();
    expect(await there.find(ID, 'link', {})).toBeUndefined();
    expect(await there.find(OTHER, 'small', {})).toBeUndefined();
    expect(read).toEqual([]);
  });

  it('is not looked at where somebody sends it, who would learn that it is here, nor where it goes on', async () => {
    const { there, put, read } = sceneOf({ film: ID, half: HALF });
    put('film');
    put('half');
    expect(await there.find(ID, 'film', {}, 'a'.repeat(52) as PeerId)).toBeUndefined();
    expect(await there.find(HALF, 'half', {})).toBeUndefined();
    expect(read).toEqual([]);
  });

  it('is looked at no more once the peer ends', async () => {
    const { there, put, read } = sceneOf({ film: ID });
    put('film');
    there.close();
    expect(await there.find(ID, 'film', {})).toBeUndefined();
    expect(read).toEqual([]);
  });

  it('is looked at no more once whoever asked gives up, under its own name or another', async () => {
    const user = new AbortController();
    const { there, put, read } = sceneOf({}, BYTES, async ({ signal }) => {
      user.abort();
      signal.throwIfAborted();
      return { id: OTHER, readBytes: BYTES };
    });
    put('film');
    put('film (1)');
    expect(await there.find(ID, 'film', { signal: user.signal })).toBeUndefined();
    expect(read).toEqual(['film']);
  });

  it('is not looked for through all that is called so, where that is large; what is too large costs nothing', async () => {
    const failing = (code: ErrorCode) => async () => {
      throw new P2pError(code, 'it fails');
    };
    const readOf = async (hear: Hear) => {
      const { there, downloads, read, put } = sceneOf({}, GiB, hear);
      for (const name of ['film', 'film (1)', 'film (2)']) {
        put(name);
        truncateSync(join(downloads, name), GiB);
      }
      expect(await there.find(ID, 'film', {})).toBeUndefined();
      return read.length;
    };
    expect(await readOf(async () => ({ id: OTHER, readBytes: GiB }))).toBe(1);
    expect(await readOf(failing('unreadable'))).toBe(1);
    expect(await readOf(failing('too-large'))).toBe(3);
  });
});
