import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { UploadStore } from '#src/io/web/upload-store.js';
import { noise } from '#test/support/contents.js';
import { newFolder } from '#test/support/folders.js';
import { ESCAPES } from '#test/support/hostile-names.js';
import { BEARER, openWeb, rawTo } from '#test/support/web.js';

const UPLOAD = 'upload-1';

async function scene() {
  const uploads = join(newFolder(), 'uploads');
  const web = await openWeb({}, undefined, { uploads });
  const put = (path: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
    web.ask('PUT', `/api/v1/uploads/${UPLOAD}/files/${path}`, {
      headers: { ...BEARER, ...headers },
      body,
    });
  return { ...web, uploads, put, at: (path: string) => join(uploads, UPLOAD, path) };
}

describe('an upload', () => {
  it('is written as it comes, of any size and kind, with the folders of its path', async () => {
    const { put, at } = await scene();
    const large = noise(5_000_000);
    const reply = await put('a%20b/%C3%BC/large.bin', large, { 'content-type': 'video/mp4' });
    expect([reply.status, JSON.parse(reply.text)]).toEqual([
      200,
      { upload: UPLOAD, path: 'a b/ü/large.bin', bytes: large.length },
    ]);
    expect(readFileSync(at('a b/ü/large.bin')).equals(large)).toBe(true);
    expect((await put('empty', '')).status).toBe(200);
    expect((await put('empty%20too', '', { 'content-type': 'text/plain' })).status).toBe(200);
    expect((await put('data.json', '{"not":', { 'content-type': 'application/json' })).status).toBe(
      200,
    );
    expect(['empty', 'empty too', 'data.json'].map((name) => statSync(at(name)).size)).toEqual([
      0, 0, 7,
    ]);
    expect(statSync(at('data.json')).mode & 0o777).toBe(0o600);
    expect(statSync(at('')).mode & 0o777).toBe(0o700);
  });

  it('overwrites nothing', async () => {
    const { put, at } = await scene();
    await put('one', 'first');
    expect((await put('one', 'second')).status).toBe(409);
    expect((await put('one/below', 'second')).status).toBe(409);
    expect(readFileSync(at('one'), 'utf8')).toBe('first');
  });

  it('that is not whole is not there', async () => {
    const { port, at, put, uploads } = await scene();
    const coming = () => readdirSync(join(uploads, '.coming'));
    const head = `Host: 127.0.0.1:${port}\r\nAuthorization: ${BEARER.authorization}\r\n`;
    const { socket, answer } = rawTo(port);
    socket.write(
      `PUT /api/v1/uploads/${UPLOAD}/files/torn HTTP/1.1\r\n${head}Content-Length: 99\r\n\r\nsome`,
    );
    await vi.waitFor(() => expect(coming()).toHaveLength(1));
    expect(existsSync(at('torn'))).toBe(false);
    socket.destroy();
    await answer;
    await vi.waitFor(() => expect(coming()).toEqual([]));
    expect((await put('torn', 'whole')).status).toBe(200);
    expect(readFileSync(at('torn'), 'utf8')).toBe('whole');
  });

  it('that was not whole when what took it was killed leaves nothing behind', async () => {
    const { put, uploads } = await scene();
    mkdirSync(join(uploads, '.coming'), { recursive: true });
    writeFileSync(join(uploads, '.coming', 'half'), 'ha');
    expect((await put('whole', 'whole')).status).toBe(200);
    expect(readdirSync(join(uploads, '.coming'))).toEqual([]);
  });

  it.each(['short', 'x'.repeat(65), '..%2F..%2Fetc-12345', 'up%00load1', '.hidden-1', '%2e%2e'])(
    'is refused under a word that is none: %s',
    async (word) => {
      const { ask, uploads } = await scene();
      const reply = await ask('PUT', `/api/v1/uploads/${word}/files/x`, {
        headers: BEARER,
        body: 'x',
      });
      expect([400, 404]).toContain(reply.status);
      expect(existsSync(uploads)).toBe(false);
    },
  );

  it('is refused without the token, and from elsewhere, before a byte of it is read', async () => {
    const { ask, uploads } = await scene();
    const path = `/api/v1/uploads/${UPLOAD}/files/x`;
    const asked = [
      {},
      { ...BEARER, origin: 'https://evil.test' },
      { ...BEARER, host: 'evil.test' },
    ];
    const replies = asked.map((headers) => ask('PUT', path, { headers, body: 'x' }));
    expect((await Promise.all(replies)).map(({ status }) => status)).toEqual([401, 403, 403]);
    expect(existsSync(uploads)).toBe(false);
  });

  it('has a folder of its own, and 64 of them lie there at most', async () => {
    const { uploads, put } = await scene();
    for (let other = 0; other < 64; other += 1) {
      mkdirSync(join(uploads, `other-${other}`), { recursive: true });
    }
    expect((await put('x', 'x')).status).toBe(429);
    expect(readdirSync(uploads)).toHaveLength(64);
  });
});

describe('the place of uploads', () => {
  it('takes no path that leads outside of it (CVE-2009-1760)', async () => {
    const folder = newFolder();
    const store = new UploadStore(join(folder, 'uploads'));
    async function* bytes() {
      yield new Uint8Array(1);
    }
    for (const path of ESCAPES) {
      await expect(store.put(UPLOAD, path, bytes()), path).rejects.toMatchObject({
        code: 'bad-name',
      });
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it('counts the files of what lies there, and anew where that has gone', async () => {
    const folder = newFolder();
    const store = new UploadStore(folder, 2);
    const put = (path: string) => store.put(UPLOAD, path, Readable.from([new Uint8Array(1)]));
    await put('one');
    await put('two');
    await expect(put('three')).rejects.toMatchObject({ code: 'limit' });
    rmSync(join(folder, UPLOAD), { recursive: true });
    await put('one');
    await put('two');
    await expect(put('three')).rejects.toMatchObject({ code: 'limit' });
  });
});
