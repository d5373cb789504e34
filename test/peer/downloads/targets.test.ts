import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { P2pError } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import { targetFor } from '#src/peer/downloads/targets.js';
import { newFolder } from '#test/support/folders.js';
import { ESCAPES, ESCAPING_COMPONENTS } from '#test/support/hostile-names.js';

const id = 'ab'.repeat(32) as ContentId;

describe('where a download goes', () => {
  it('is the downloads folder, under another name where this one is taken', async () => {
    const downloads = newFolder();
    expect(await targetFor(id, 'film.mkv', downloads, undefined)).toEqual({
      id,
      name: 'film.mkv',
      target: join(downloads, 'film.mkv'),
      mayRename: true,
      staging: join(downloads, '.p2p-partial', id),
    });
  });

  it('is inside a folder that exists, with or without a separator at its end', async () => {
    const folder = newFolder();
    for (const to of [folder, `${folder}/`]) {
      expect(await targetFor(id, 'film.mkv', '/none', to)).toMatchObject({
        target: join(folder, 'film.mkv'),
        mayRename: true,
      });
    }
  });

  it('is the full path where its parent exists, and no other name', async () => {
    const folder = newFolder();
    expect(await targetFor(id, 'film.mkv', '/none', join(folder, 'mine.mkv'))).toMatchObject({
      target: join(folder, 'mine.mkv'),
      mayRename: false,
      staging: join(folder, '.p2p-partial', id),
    });
  });

  it('is inside of the folder that was meant, or refused, whatever the name and the option (CVE-2026-42448)', async () => {
    const folder = newFolder();
    const options = [undefined, folder, `${folder}/`];
    for (const name of [...ESCAPES, ...ESCAPING_COMPONENTS, 'a\nb', 'plain']) {
      for (const to of options) {
        const outcome = await targetFor(id, name, folder, to).then(
          ({ target }) => dirname(target),
          (error: P2pError) => error.code,
        );
        expect([folder, 'bad-name'], name).toContain(outcome);
        expect(outcome === folder).toBe(name === 'plain');
      }
    }
  });

  it('is refused where it would overwrite, or lies nowhere', async () => {
    const folder = newFolder();
    await writeFile(join(folder, 'taken'), 'x');
    await mkdir(join(folder, 'sub'));
    const to = (path: string) => targetFor(id, 'film.mkv', folder, path);
    await expect(to(join(folder, 'taken'))).rejects.toMatchObject({ code: 'exists' });
    await expect(to(join(folder, 'no', 'where'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(to(`${join(folder, 'none')}/`)).rejects.toMatchObject({ code: 'not-found' });
    await expect(to(join(folder, 'taken', 'x'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(to(join(folder, '.p2p-partial'))).rejects.toMatchObject({ code: 'bad-name' });
  });

  it.each(['..', 'a/b', '.p2p-partial', 'a\u0000b', 'a\u001b[2J', ''])(
    'is never made from the bad name %j that a peer gave',
    async (name) => {
      const named = targetFor(id, name, newFolder(), undefined);
      await expect(named).rejects.toMatchObject({ code: 'bad-name' });
    },
  );
});
