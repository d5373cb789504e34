/** The local API of whole peers, as a page or a script uses it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { noise } from '#test/support/contents.js';
import { writeTree } from '#test/support/folders.js';
import { createNetwork, knows, seen, type TestPeer } from '#test/support/network.js';
import { type Ask, askAt } from '#test/support/web.js';
import { listen } from '#web/api/event-stream.js';

vi.setConfig({ testTimeout: 90_000 });

const film = noise(6 * MiB);

/** What one peer's page would ask. */
async function page(peer: TestPeer) {
  const { url } = await peer.heard.until('ui');
  const { port, hash } = new URL(url);
  const headers = { authorization: `Bearer ${hash.slice('#token='.length)}` };
  const plain = askAt({ port: Number(port) });
  const ask: Ask = (method, path, { headers: more, body } = {}) =>
    plain(method, `/api/v1${path}`, { headers: { ...headers, ...more }, ...(body && { body }) });
  const command = (path: string, said: object) =>
    ask('POST', path, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(said),
    });
  return { plain, ask, command };
}

async function scene() {
  const network = await createNetwork(2, undefined, {
    settings: { drills: true, ui: { enabled: true, port: 0 } },
    prepare: ({ share }, index) => {
      if (index === 1) writeTree(share, { 'film.mkv': film });
    },
  });
  const [anna, ben] = network.peers as [TestPeer, TestPeer];
  await Promise.all([knows(anna, [ben]), knows(ben, [anna])]);
  return { network, anna, ben, ...(await page(anna)) };
}

const rowsOf = (text: string) =>
  (JSON.parse(text) as { readonly items: readonly Record<string, unknown>[] }).items;

/** But for what is not whole yet. */
function uploadsIn(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => !name.startsWith('.'));
}

describe('a page of this machine', () => {
  it('is told where it is served, lists, fetches, and saves what came by a link without the token', async () => {
    const { anna, ben, ask, command, plain } = await scene();
    await seen(anna, 'film.mkv');
    expect(rowsOf((await ask('GET', '/peers')).text)).toMatchObject([{ peerId: ben.peerId }]);
    expect((await ask('GET', '/shares/film.mkv/content')).status).toBe(404);
    const got = await command('/downloads', { name: 'film.mkv' });
    expect([got.status, JSON.parse(got.text)]).toMatchObject([200, { name: 'film.mkv' }]);
    const metrics = await ask('GET', '/metrics');
    expect(metrics.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(metrics.text).toMatch(/^p2p_fetched_chunks_total [1-9]/m);
    expect(metrics.text).toMatch(/^p2p_event_loop_delay_seconds\{actor="web"\} \d/m);
    expect(JSON.parse((await ask('GET', '/openapi.json')).text)).toMatchObject({
      openapi: '3.1.0',
    });
    const link = await command('/shares/film.mkv/links', {});
    const { path } = JSON.parse(link.text) as { readonly path: string };
    const saved = await plain('GET', path);
    expect(Buffer.from(saved.bytes).equals(film)).toBe(true);
    const part = await ask('GET', '/shares/film.mkv/content', {
      headers: { range: 'bytes=-10' },
    });
    expect(Buffer.from(part.bytes).equals(film.subarray(-10))).toBe(true);
  });

  it('reads what is on its way as it comes', async () => {
    const { anna, ben, ask } = await scene();
    await seen(anna, 'film.mkv');
    ben.limit('upload', 4 * MiB);
    const download = anna.download('film.mkv');
    await anna.heard.until('download-started');
    const read = await vi.waitFor(
      async () => {
        const reply = await ask('GET', '/shares/film.mkv/content');
        expect(reply.status).toBe(200);
        return reply;
      },
      { timeout: 20_000 },
    );
    expect(Buffer.from(read.bytes).equals(film)).toBe(true);
    await download;
  });

  it('shares what is dropped on it, until that is shared no more', async () => {
    const { anna, ben, ask, command } = await scene();
    const files = '/uploads/dropped-1/files';
    await ask('PUT', `${files}/photos/a.jpg`, { body: noise(1000, 3) });
    await ask('PUT', `${files}/photos/b/c.jpg`, { body: noise(300_000, 4) });
    expect((await command('/uploads/dropped-1/share', {})).status).toBe(200);
    await seen(ben, 'photos');
    await ben.download('photos');
    const came = join(ben.home.downloads, 'photos', 'b', 'c.jpg');
    expect(readFileSync(came).equals(noise(300_000, 4))).toBe(true);
    const uploads = join(anna.home.data, 'uploads');
    expect(uploadsIn(uploads)).toEqual(['dropped-1']);
    await ask('DELETE', '/shares/photos');
    await vi.waitFor(() => expect(uploadsIn(uploads)).toEqual([]), { timeout: 20_000 });
  });

  it('sends what is dropped on somebody, until he has it', async () => {
    const { anna, ben, ask, command } = await scene();
    await ask('PUT', '/uploads/dropped-2/files/for-ben.txt', { body: 'for Ben' });
    const sent = await command('/uploads/dropped-2/send', { to: ben.peerId, ref: 'r1' });
    expect(sent.status).toBe(200);
    const { number } = await ben.heard.until('offer-received');
    await ben.accept(`${number}`);
    const { path } = await ben.heard.until('offer-completed');
    expect(readFileSync(path, 'utf8')).toBe('for Ben');
    await vi.waitFor(
      () => expect(existsSync(join(anna.home.data, 'uploads', 'dropped-2'))).toBe(false),
      { timeout: 20_000 },
    );
  });

  it('keeps what is offered of it over a restart, and lets go of it when that has ended', async () => {
    const { network, anna, ben, ask, command } = await scene();
    for (const name of ['one.txt', 'two.txt']) {
      await ask('PUT', `/uploads/dropped-3/files/${name}`, { body: `this is ${name}` });
    }
    await ask('PUT', '/uploads/forgotten/files/x', { body: 'x' });
    await command('/uploads/dropped-3/send', { to: ben.peerId });
    await ben.heard.until('offer-received');
    await anna.close();
    const uploads = join(anna.home.data, 'uploads');
    const again = await network.start(anna.home, { ui: { enabled: true, port: 0 } });
    expect(readdirSync(uploads)).toEqual(['dropped-3']);
    await knows(ben, [again]);
    await ben.accept('1');
    const { path } = await ben.heard.until('offer-completed');
    expect(readFileSync(join(path, 'two.txt'), 'utf8')).toBe('this is two.txt');
    await vi.waitFor(() => expect(uploadsIn(uploads)).toEqual([]), { timeout: 20_000 });
  });

  it('has the same address and token after its actor was killed, and goes on hearing what happens', async () => {
    const { anna, ben, ask } = await scene();
    const { url } = await anna.heard.until('ui');
    const access = { token: new URL(url).hash.slice('#token='.length), fetch: fetchAt(url) };
    const seen: string[] = [];
    const leaving = new AbortController();
    const following = listen(
      access,
      {
        opened: () => seen.push('opened'),
        heard: (events) => seen.push(...events.map(({ type }) => type)),
        lost: (why) => seen.push(why),
      },
      leaving.signal,
    );
    await expect.poll(() => seen).toEqual(['opened']);
    anna.drill('kill', 'web');
    const opened = () => seen.filter((one) => one === 'opened').length;
    await expect.poll(opened, { timeout: 20_000 }).toBe(2);
    expect(seen).toContain('gone');
    await ben.say('still there?');
    await expect.poll(() => seen, { timeout: 20_000 }).toContain('message');
    expect((await ask('GET', '/status')).status).toBe(200);
    expect(anna.heard.all.filter(({ type }) => type === 'ui')).toHaveLength(1);
    leaving.abort();
    await following;
  });
});

/** What a page has by itself: paths are of the peer that it came from. */
function fetchAt(url: string): typeof fetch {
  return (path, options) => {
    if (typeof path !== 'string') throw new TypeError('a page asks by paths');
    return fetch(new URL(path, url), options);
  };
}
