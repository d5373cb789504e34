import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SendRow, Share } from '#src/peer/rows.js';
import { Uploads } from '#src/peer/web/uploads.js';
import { SEND, SHARE } from '#test/support/fake-peer.js';
import { newFolder } from '#test/support/folders.js';

const UPLOAD = 'upload-1';

/** Uploads with two entries on top, and a peer that shares and sends what it is told. */
function scene(offered = 'elsewhere') {
  const folder = newFolder();
  const at = join(folder, UPLOAD);
  mkdirSync(join(at, 'photos'), { recursive: true });
  writeFileSync(join(at, 'photos', 'a.jpg'), 'a');
  writeFileSync(join(at, 'film.mkv'), 'film');
  const asked: unknown[] = [];
  let isOpen = true;
  const peer = {
    async share(path: string) {
      asked.push(path);
      return { ...SHARE, id: path as Share['id'] };
    },
    async send(paths: string | readonly string[]) {
      asked.push(paths);
      return SEND;
    },
    sends: (): readonly SendRow[] => [{ ...SEND, isOpen, path: join(folder, offered) }],
  };
  const end = () => {
    isOpen = false;
  };
  return { uploads: new Uploads(folder), folder, at, asked, peer, end };
}

const removed = (path: string) =>
  ({ type: 'share-removed', ...SHARE, id: path as Share['id'] }) as const;
const received = { type: 'send-received', ...SEND, peerId: SEND.to, by: 'ben' } as never;

describe('what was uploaded', () => {
  it('is shared, each on top by itself, and goes with the last of these shares', async () => {
    const { uploads, at, asked, peer } = scene();
    const [film, photos] = [join(at, 'film.mkv'), join(at, 'photos')];
    expect(await uploads.share(peer, UPLOAD)).toHaveLength(2);
    expect(asked).toEqual([film, photos]);
    await uploads.hear(removed('another'), peer);
    await uploads.hear(removed(film), peer);
    expect(existsSync(at)).toBe(true);
    await expect(uploads.discard(UPLOAD)).rejects.toMatchObject({ code: 'exists' });
    await uploads.hear(removed(photos), peer);
    expect(existsSync(at)).toBe(false);
  });

  it('is sent as one offer, and goes when that has ended', async () => {
    const { uploads, at, asked, peer, end } = scene();
    await uploads.send(peer, UPLOAD, { to: 'ben' });
    expect(asked).toEqual([[join(at, 'film.mkv'), join(at, 'photos')]]);
    await uploads.hear(received, peer);
    expect(existsSync(at)).toBe(true);
    end();
    await uploads.hear(received, peer);
    expect(existsSync(at)).toBe(false);
  });

  it('that is shared and sent stays until both have ended', async () => {
    const { uploads, at, peer, end } = scene();
    await uploads.send(peer, UPLOAD, {});
    const shares = await uploads.share(peer, UPLOAD);
    end();
    await uploads.hear(received, peer);
    expect(existsSync(at)).toBe(true);
    for (const { id } of shares) await uploads.hear(removed(id), peer);
    expect(existsSync(at)).toBe(false);
  });

  it.each([UPLOAD, join(UPLOAD, 'film.mkv')])(
    'that was offered before this start goes when that has ended: %s',
    async (path) => {
      const { uploads, folder, at, peer, end } = scene(path);
      await uploads.hear({ type: 'ready' } as never, peer);
      await uploads.hear(received, peer);
      expect(existsSync(at)).toBe(true);
      await expect(uploads.discard(UPLOAD)).rejects.toMatchObject({ code: 'exists' });
      end();
      await uploads.hear(received, peer);
      expect([existsSync(at), existsSync(folder)]).toEqual([false, true]);
    },
  );

  it.each(['..', join('..', 'another', 'film.mkv'), ''])(
    'is not what an offer of something else was made of: %s',
    async (path) => {
      const { uploads, folder, at, peer, end } = scene(path);
      await uploads.hear({ type: 'ready' } as never, peer);
      end();
      await uploads.hear(received, peer);
      expect([existsSync(at), existsSync(folder)]).toEqual([true, true]);
    },
  );

  it.each(['..', '../..', '.coming', '', 'a/b', '/', 'a\0'])(
    'is never a folder beside the uploads, whoever asks: %j',
    async (word) => {
      const { uploads, folder, at, peer, asked } = scene();
      const refused = { code: 'bad-name' };
      await expect(uploads.discard(word)).rejects.toMatchObject(refused);
      await expect(uploads.share(peer, word)).rejects.toMatchObject(refused);
      await expect(uploads.send(peer, word, {})).rejects.toMatchObject(refused);
      expect([existsSync(at), existsSync(folder), asked]).toEqual([true, true, []]);
    },
  );

  it('is thrown away when that is asked for, and missed where there is none', async () => {
    const { uploads, at, peer } = scene();
    await uploads.discard(UPLOAD);
    expect(existsSync(at)).toBe(false);
    await expect(uploads.share(peer, UPLOAD)).rejects.toMatchObject({ code: 'not-found' });
    await expect(uploads.send(peer, UPLOAD, {})).rejects.toMatchObject({ code: 'not-found' });
  });
});
