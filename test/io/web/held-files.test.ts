import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstValueFrom, Subject } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import type { ContentSource } from '#src/domain/content/content-source.js';
import type { ContentId } from '#src/domain/ids.js';
import type { Located, Waits } from '#src/io/web/calls.js';
import { HeldFiles } from '#src/io/web/held-files.js';
import type { Tree } from '#test/support/contents.js';
import { writeTree } from '#test/support/folders.js';
import { startHasher } from '#test/support/hasher.js';
import { file, staged, tree, write } from '#test/support/staged-content.js';
import { BEARER, type OpenWeb, openWeb } from '#test/support/web.js';

const FILM = file[''] ?? new Uint8Array();
const CHUNK = 256 * 1024;

/** A share of this content, behind the API. */
async function shared(content: Tree, name: string) {
  const { path, folder, fingerprints, index } = startHasher();
  writeTree(path, content);
  const { id } = await index();
  const source: ContentSource = { kind: 'share', path, fingerprints };
  const manifests = join(folder, 'manifests');
  const located: Located = { id, name, source, has: true };
  const locate = (share: string) => (share === name || share === id ? located : undefined);
  const web = await openWeb({}, undefined, { manifests, locate });
  return { ...web, path, id, manifests, located };
}

const content = (web: Pick<OpenWeb, 'ask'>, share: string, range?: string, method = 'GET') =>
  web.ask(method, `/api/v1/shares/${share}/content`, {
    headers: { ...BEARER, ...(range !== undefined && { range }) },
  });

describe('the bytes of what is shared', () => {
  it('are given as a file to be saved, never shown', async () => {
    const web = await shared(file, 'film.mkv');
    const { status, headers, bytes } = await content(web, 'film.mkv');
    expect(status).toBe(200);
    expect(Buffer.from(bytes).equals(FILM)).toBe(true);
    expect(headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment; filename="film.mkv"; filename*=UTF-8\'\'film.mkv',
      'content-length': `${FILM.length}`,
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
  });

  it.each([
    ['bytes=0-0', 0, 1],
    [`bytes=${CHUNK - 1}-${CHUNK}`, CHUNK - 1, CHUNK + 1],
    [`bytes=${3 * CHUNK + 5}-`, 3 * CHUNK + 5, FILM.length],
    ['bytes=-7', FILM.length - 7, FILM.length],
  ])('are given in part: %s', async (range, from, to) => {
    const web = await shared(file, 'film.mkv');
    const { status, headers, bytes } = await content(web, 'film.mkv', range);
    expect([status, headers['content-range']]).toEqual([
      206,
      `bytes ${from}-${to - 1}/${FILM.length}`,
    ]);
    expect(Buffer.from(bytes).equals(FILM.subarray(from, to))).toBe(true);
  });

  it('are told of without being given, and refused where there are none', async () => {
    const web = await shared(file, 'film.mkv');
    const head = await content(web, 'film.mkv', undefined, 'HEAD');
    expect([head.status, head.headers['content-length'], head.bytes.length]).toEqual([
      200,
      `${FILM.length}`,
      0,
    ]);
    const behind = await content(web, 'film.mkv', `bytes=${FILM.length}-`);
    expect([behind.status, behind.headers['content-range']]).toEqual([
      416,
      `bytes */${FILM.length}`,
    ]);
  });

  it('are given in part only of the same content', async () => {
    const web = await shared(file, 'film.mkv');
    const { headers } = await content(web, 'film.mkv', undefined, 'HEAD');
    const asked = (tag: string) =>
      web.ask('GET', '/api/v1/shares/film.mkv/content', {
        headers: { ...BEARER, range: 'bytes=0-9', 'if-range': tag },
      });
    expect((await asked(`${headers.etag}`)).status).toBe(206);
    expect((await asked('"another"')).status).toBe(200);
  });

  it('of a folder are those of one file in it, small or large or empty', async () => {
    const web = await shared(tree, 'photos');
    for (const [path, bytes] of Object.entries(tree)) {
      if (path.endsWith('/')) continue;
      const asked = `/api/v1/shares/photos/content?path=${encodeURIComponent(path)}`;
      const reply = await web.ask('GET', asked, { headers: BEARER });
      expect(reply.status, path).toBe(200);
      expect(Buffer.from(reply.bytes).equals(bytes), path).toBe(true);
      expect(reply.headers['content-disposition']).toContain(path.split('/').at(-1));
    }
  });

  it.each([
    ['photos', '', 400],
    ['photos', '?path=c', 404],
    ['photos', '?path=a', 404],
    ['photos', '?path=../photos/a/one.txt', 404],
    ['photos', '?path=/etc/passwd', 404],
    ['photos', '?path=a%2Fone.txt%00', 404],
    ['nothing', '', 404],
  ])('are asked for in vain: %s %s', async (share, query, status) => {
    const web = await shared(tree, 'photos');
    const reply = await web.ask('GET', `/api/v1/shares/${share}/content${query}`, {
      headers: BEARER,
    });
    expect([reply.status, reply.headers['content-type']]).toEqual([
      status,
      'application/json; charset=utf-8',
    ]);
  });

  it('never leave under a content that they are not', async () => {
    const web = await shared(file, 'film.mkv');
    appendFileSync(web.path, 'more');
    const { status, text } = await content(web, 'film.mkv');
    expect([status, JSON.parse(text)]).toEqual([
      409,
      { code: 'changed', message: 'film.mkv was changed meanwhile' },
    ]);
  });

  it('that fail on the way end the connection, so that nobody takes them for all', async () => {
    const { manifests, located } = await shared(file, 'film.mkv');
    const locate = (_: string, chunk: number) => (chunk < 2 ? located : undefined);
    const web = await openWeb({}, undefined, { manifests, locate });
    const { status, bytes, isWhole } = await content(web, 'film.mkv');
    expect([status, bytes.length, isWhole]).toEqual([200, 2 * CHUNK, false]);
  });

  it('that are on their way are waited for', async () => {
    const { manifests, id } = await shared(file, 'film.mkv');
    const staging = await staged(file, [0, 1]);
    const source: ContentSource = { kind: 'partial', path: staging.staging, have: [] };
    const found: Located = { id, name: 'film.mkv', source, has: true };
    const come = new Subject<Located>();
    const coming = firstValueFrom(come);
    const asked: number[] = [];
    const locate = (_: string, chunk: number) => {
      asked.push(chunk);
      return chunk < 2 ? found : coming;
    };
    const web = await openWeb({}, undefined, { manifests, locate });
    const answer = content(web, 'film.mkv');
    await vi.waitFor(() => expect(asked).toContain(2));
    await write(staging, file, [2, 3, 4]);
    come.next(found);
    expect(Buffer.from((await answer).bytes).equals(FILM)).toBe(true);
  });

  it('that were put in their place just now are looked for there', async () => {
    const { manifests, located } = await shared(file, 'film.mkv');
    const source: ContentSource = { kind: 'partial', path: '/was/there', have: [] };
    const asked: unknown[] = [];
    const locate = (_: string, chunk: number, waits?: Waits): Located => {
      if (chunk === 1) asked.push(waits);
      return waits?.unreadAt === '/was/there' ? located : { ...located, source };
    };
    const web = await openWeb({}, undefined, { manifests, locate });
    expect(Buffer.from((await content(web, 'film.mkv')).bytes).equals(FILM)).toBe(true);
    expect(asked).toEqual([{}, { unreadAt: '/was/there' }]);
  });

  it('that do not come are waited for within bounds', async () => {
    const { manifests, located } = await shared(file, 'film.mkv');
    const locate = async (_: string, __: number, waits?: Waits) => ({
      ...located,
      has: waits === undefined,
    });
    const files = new HeldFiles(manifests, locate);
    const held = await files.open('film.mkv', undefined);
    const reading = held.read({ from: 0, to: held.bytes });
    await expect(reading.next()).rejects.toMatchObject({ code: 'timed-out' });
    await files.close();
  });

  it('whose chunks are not known yet are told so', async () => {
    const { ask } = await openWeb({}, undefined, {
      manifests: '/nowhere',
      locate: () => ({
        id: '0'.repeat(64) as ContentId,
        name: 'film.mkv',
        source: { kind: 'partial', path: '/nowhere', have: [] },
        has: false,
      }),
    });
    expect((await content({ ask }, 'film.mkv')).status).toBe(404);
  });

  it('are given once by a link that needs no token, to this origin alone', async () => {
    const web = await shared(tree, 'photos');
    const link = () =>
      web.ask('POST', '/api/v1/shares/photos/links', {
        headers: { ...BEARER, 'content-type': 'application/json' },
        body: '{"path":"a/one.txt"}',
      });
    const { path } = JSON.parse((await link()).text) as { path: string };
    expect((await web.ask('GET', path, { headers: { host: 'evil.test' } })).status).toBe(403);
    const origin = { origin: 'https://evil.test' };
    expect((await web.ask('GET', path, { headers: origin })).status).toBe(403);
    const first = await web.ask('GET', path);
    expect(Buffer.from(first.bytes).equals(tree['a/one.txt'] ?? first.bytes)).toBe(true);
    expect((await web.ask('GET', path)).status).toBe(404);
    expect((await web.ask('HEAD', path)).status).toBe(401);
    const lost = await web.ask('POST', '/api/v1/shares/photos/links', {
      headers: { ...BEARER, 'content-type': 'application/json' },
      body: '{"path":"a"}',
    });
    expect(lost.status).toBe(404);
  });

  it('are given by a link once there is room for one more who reads, which leaves it good', async () => {
    const { manifests, located } = await shared(file, 'film.mkv');
    const come = new Subject<Located>();
    const coming = firstValueFrom(come);
    let waiting = 0;
    const locate = (_: string, __: number, waits?: Waits) => {
      if (waits === undefined) return located;
      waiting += 1;
      return coming;
    };
    const web = await openWeb({}, undefined, { manifests, locate });
    const made = await web.ask('POST', '/api/v1/shares/film.mkv/links', {
      headers: { ...BEARER, 'content-type': 'application/json' },
      body: '{}',
    });
    const { path } = JSON.parse(made.text) as { path: string };
    const readers = Array.from({ length: 8 }, () => content(web, 'film.mkv'));
    await vi.waitFor(() => expect(waiting).toBe(8));
    expect((await web.ask('GET', path)).status).toBe(429);
    come.next(located);
    await Promise.all(readers);
    expect((await web.ask('GET', path)).status).toBe(200);
  });
});
