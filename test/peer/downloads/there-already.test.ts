/** What lies at the place of a download before it begins. */
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { P2pError } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import { ThereAlready } from '#src/peer/downloads/there-already.js';
import { newFolder } from '#test/support/folders.js';

const ID = 'a'.repeat(64) as ContentId;
const OTHER = 'b'.repeat(64) as ContentId;
const BYTES = 4;

/** @param idOf what the bytes at a path come to be; what is not named cannot be read. */
function sceneOf(idOf: Readonly<Record<string, ContentId>>, bytes = BYTES) {
  const [downloads, fingerprints] = [newFolder(), newFolder()];
  const read: string[] = [];
  const offer = { id: ID, name: 'film', bytes, chunks: 1, peers: [] };
  const there = new ThereAlready({
    home: { folders: { downloads, fingerprints } },
    neighbours: { directory: { offers: () => [offer] } },
    hasherJobs: {
      index: async (path: string, looks: string) => {
        const name = path.slice(downloads.length + 1);
        read.push(name);
        const id = idOf[name];
        if (id === undefined) throw new P2pError('io', 'it cannot be read');
        writeFileSync(looks, '');
        return { id };
      },
    },
  } as unknown as ConstructorParameters<typeof ThereAlready>[0]);
  const put = (name: string, text = 'film') => writeFileSync(join(downloads, name), text);
  return { there, downloads, fingerprints, read, put };
}

describe('what lies where a download would go', () => {
  it('is that where its bytes are, and of the reading nothing stays', async () => {
    const { there, put, downloads, fingerprints } = sceneOf({ 'film.mkv': ID });
    put('film.mkv');
    const path = join(downloads, 'film.mkv');
    expect(await there.find(ID, 'film.mkv', undefined)).toEqual({ path, bytes: BYTES });
    expect(await there.find(ID, 'film.mkv', path)).toEqual({ path, bytes: BYTES });
    expect(readdirSync(fingerprints)).toEqual([]);
  });

  it('may be a folder, whose bytes are looked at', async () => {
    const { there, downloads } = sceneOf({ album: ID });
    mkdirSync(join(downloads, 'album'));
    expect((await there.find(ID, 'album', undefined))?.path).toBe(join(downloads, 'album'));
  });

  it('may have come under a number, as another one of its name was there', async () => {
    const { there, put, downloads } = sceneOf({ 'film.mkv': OTHER, 'film (1).mkv': ID });
    put('film.mkv');
    put('film (1).mkv');
    const found = await there.find(ID, 'film.mkv', undefined);
    expect(found?.path).toBe(join(downloads, 'film (1).mkv'));
  });

  it('is not that for its size, nor where it cannot be read', async () => {
    const { there, put, read } = sceneOf({ same: OTHER });
    put('same');
    put('unreadable');
    expect(await there.find(ID, 'same', undefined)).toBeUndefined();
    expect(await there.find(ID, 'unreadable', undefined)).toBeUndefined();
    expect(read).toEqual(['same', 'unreadable']);
  });

  it('is not read where it is of another size, a link, or nobody says how large it should be', async () => {
    const { there, put, read, downloads } = sceneOf({ small: ID, link: ID });
    put('small', 'x');
    symlinkSync(join(downloads, 'small'), join(downloads, 'link'));
    expect(await there.find(ID, 'small', undefined)).toBeUndefined();
    expect(await there.find(ID, 'link', undefined)).toBeUndefined();
    expect(await there.find(OTHER, 'small', undefined)).toBeUndefined();
    expect(read).toEqual([]);
  });

  it('is looked at no more once the peer ends', async () => {
    const { there, put, read } = sceneOf({ film: ID });
    put('film');
    there.close();
    expect(await there.find(ID, 'film', undefined)).toBeUndefined();
    expect(read).toEqual([]);
  });
});
