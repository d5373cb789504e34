import { realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import type { Crew } from '#src/peer/crew.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Home } from '#src/peer/home.js';
import type { Library } from '#src/peer/shares/library.js';
import { Sharing } from '#src/peer/shares/sharing.js';
import { newFolder } from '#test/support/folders.js';
import type * as Hasher from '#workers/hasher.js';

const one = `${'0'.repeat(63)}1` as ContentId;
const two = `${'0'.repeat(63)}2` as ContentId;

/** A peer that shares what it is told to, with a hasher that is played by the test. */
function surroundings(get: () => Promise<undefined> = async () => undefined) {
  const folder = newFolder();
  const path = join(folder, 'song');
  writeFileSync(path, 'la');
  const sent: Hasher.In[] = [];
  const events: PeerEvent[] = [];
  const database = { get, put: async () => undefined, remove: async () => undefined };
  const home = { settings: { share: [] }, folders: { fingerprints: folder }, database };
  const sharing = new Sharing(
    home as unknown as Home,
    { send: (_: string, order: Hasher.In) => sent.push(order) } as unknown as Crew,
    { put: () => {}, remove: () => {}, tellMesh: () => {} } as unknown as Library,
    (event) => events.push(event),
  );
  onTestFinished(() => sharing.close());
  const indexed = (job: number, id: ContentId) => {
    const content = { id, kind: 'file', bytes: 2, chunks: 1 } as const;
    const read = { entries: 1, files: 1, readBytes: 2 };
    const none = { skipped: [], skippedCount: 0, ignoredCount: 0, failed: [], failedCount: 0 };
    sharing.hear({ type: 'indexed', job, ...content, ...read, ...none });
  };
  return { path, sent, events, sharing, indexed };
}

describe('sharing a path that is shared already', () => {
  it.each([
    ['the same', one],
    ['something else', two],
  ])('is answered where it is just hashed again and found %s', async (_, id) => {
    const { path, sharing, indexed } = surroundings();
    const first = sharing.share(path);
    indexed(1, one);
    expect(await first).toMatchObject({ name: 'song', id: one });
    sharing.stale(one);
    const again = sharing.share(path);
    indexed(2, id);
    expect(await again).toMatchObject({ name: 'song', id });
  });

  it('is refused where it is unshared before it is hashed again', async () => {
    const { path, sharing, indexed } = surroundings();
    const first = sharing.share(path);
    indexed(1, one);
    await first;
    sharing.stale(one);
    const again = sharing.share(path);
    sharing.unshare('song');
    await expect(again).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('sharing', () => {
  it('hashes all anew where the database cannot say what was hashed before, and says so', async () => {
    const { path, sent, events, sharing, indexed } = surroundings(() =>
      Promise.reject(new Error('broken')),
    );
    const shared = sharing.share(path);
    await expect.poll(() => sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ type: 'index', job: 1, path });
    expect(sent[0]).not.toHaveProperty('known');
    expect(events).toMatchObject([{ type: 'error', code: 'data-failed' }]);
    indexed(1, one);
    expect(await shared).toMatchObject({ id: one });
  });

  it('refuses a link, and names what it points to', async () => {
    const { path, sent, sharing } = surroundings();
    const link = `${path} link`;
    symlinkSync(path, link);
    await expect(sharing.share(link)).rejects.toMatchObject({
      code: 'unreadable',
      message: `${link} is a link: share what it points to, ${realpathSync(path)}`,
    });
    expect(sent).toEqual([]);
  });

  it('is over once the peer is closed, for those who wait and those who come too late', async () => {
    const { path, sharing } = surroundings();
    const waiting = expect(sharing.share(path)).rejects.toMatchObject({
      code: 'closed',
      message: expect.stringMatching(/song is not shared: the peer was closed$/),
    });
    sharing.close();
    await waiting;
    expect(() => sharing.unshare('song')).toThrow('the peer was closed');
    await expect(sharing.share(path)).rejects.toMatchObject({ code: 'closed' });
  });
});
