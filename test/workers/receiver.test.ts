import { readdirSync, statSync } from 'node:fs';
import { appendFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Manifest, pagesOf } from '#src/domain/content/manifest.js';
import { KiB, LIMITS, MiB } from '#src/domain/limits.js';
import type { Identity } from '#src/io/disk/identity.js';
import { chunkFrames } from '#src/io/spread/giver.js';
import { chunkBytesOf, manifestOf, noise, type Tree } from '#test/support/contents.js';
import { newIdentity } from '#test/support/identities.js';
import { dialReceiver, type Keeping, startReceiver } from '#test/support/spreading.js';

const CHUNK = 256 * KiB;
const SOON_MS = 5000;

type Hand = Awaited<ReturnType<typeof dialReceiver>>;

function contentOf(chunks: number, seed = 1) {
  const tree: Tree = { '': noise(chunks * CHUNK, seed) };
  return { tree, manifest: manifestOf(tree) };
}

async function offer({ session, answers }: Hand, manifest: Manifest, request = 1, name = 'a') {
  const ranges = [0, manifest.layout.chunks];
  session.send({ type: 'give', id: manifest.id, name, ranges }, request);
  return answers.next(request, SOON_MS);
}

function sendManifest({ session }: Hand, manifest: Manifest, request = 1): void {
  const { root, pages } = pagesOf(manifest);
  session.send({ type: 'root', bytes: root }, request);
  for (const bytes of pages) session.send({ type: 'page', bytes }, request);
}

async function put(hand: Hand, index: number, bytes: Uint8Array, request = 1) {
  await hand.session.write(framesOf(index, bytes, request));
  return hand.answers.next(request, SOON_MS);
}

function framesOf(index: number, bytes: Uint8Array, request: number): Uint8Array {
  const { frames, targets } = chunkFrames(request, index, bytes.length);
  let at = 0;
  for (const target of targets) {
    target.set(bytes.subarray(at, at + target.length));
    at += target.length;
  }
  return frames;
}

/** Gives a whole content by hand. @returns the answers to its chunks. */
async function giveAll(to: Keeping, chunks: number, seed = 1, as?: Identity) {
  const hand = await dialReceiver(to, as);
  const { tree, manifest } = contentOf(chunks, seed);
  const want = await offer(hand, manifest);
  if (want.type !== 'want') return { hand, manifest, want, kept: 0 };
  if (want.manifest) sendManifest(hand, manifest);
  const again = await offer(hand, manifest, 2);
  let kept = 0;
  const ranges = again.type === 'want' ? again.ranges : [];
  const [first = 0, count = 0] = ranges;
  for (let index = first; index < first + count; index += 1) {
    const bytes = chunkBytesOf(tree, manifest.entries, manifest.layout, index);
    const answer = await put(hand, index, bytes, 2);
    if (answer.type === 'kept') kept += 1;
  }
  hand.session.close();
  return { hand, manifest, want: again, kept };
}

function filesIn(to: Keeping): readonly string[] {
  return readdirSync(to.init.store, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
}

describe('the receiver', () => {
  it('keeps what is proven, and says so after a restart', async () => {
    const first = await startReceiver();
    const { manifest, hand } = await giveAll(first, 3);
    await first.actor.until((said) => said.type === 'chunk-kept' && said.index === 2);
    expect(first.actor.heard.find((said) => said.type === 'chunk-kept')).toEqual({
      type: 'chunk-kept',
      id: manifest.id,
      index: 0,
      from: hand.identity.peerId,
    });
    await first.actor.stop();
    const second = await startReceiver(first.init, first.identity);
    expect(await second.actor.until((said) => said.type === 'content-kept')).toEqual({
      type: 'content-kept',
      id: manifest.id,
      name: 'a',
      bytes: 3 * CHUNK,
      chunks: 3,
      have: [0, 3],
    });
    const again = await offer(await dialReceiver(second), manifest);
    expect(again).toEqual({ type: 'want', ranges: [], holds: [0, 3], manifest: false });
  });

  it('counts after a restart neither torn records nor chunks whose files are gone or cut', async () => {
    const first = await startReceiver();
    const { manifest } = await giveAll(first, 3);
    await first.actor.stop();
    const log = join(first.init.store, 'contents', manifest.id);
    await truncate(log, statSync(log).size - 10);
    const second = await startReceiver(first.init, first.identity);
    const kept = await second.actor.until((said) => said.type === 'content-kept');
    expect(kept).toMatchObject({ have: [0, 2] });
    // The chunk without a record is swept before an offer is answered: the log and two chunks are left.
    await offer(await dialReceiver(second), manifest);
    await second.actor.stop();
    expect(filesIn(second)).toHaveLength(3);
    await appendFile(log, 'garbage');
    const third = await startReceiver(first.init, first.identity);
    await third.actor.until((said) => said.type === 'content-kept');
    await giveAll(third, 3);
    await third.actor.stop();
    const fourth = await startReceiver(first.init, first.identity);
    expect(await fourth.actor.until((said) => said.type === 'content-kept')).toMatchObject({
      have: [0, 3],
    });
  });

  it('destroys the session of whoever sends a wrong chunk, and is done with it at the third', async () => {
    const receiver = await startReceiver();
    const liar = await newIdentity();
    const { manifest } = contentOf(2);
    for (let lie = 1; lie <= 3; lie += 1) {
      const hand = await dialReceiver(receiver, liar);
      await offer(hand, manifest);
      sendManifest(hand, manifest);
      await expect(put(hand, 0, noise(CHUNK, 99))).rejects.toMatchObject({ code: 'unreachable' });
    }
    const said = await receiver.actor.until((said) => said.type === 'trouble');
    expect(said).toMatchObject({ error: { code: 'poison' } });
    await expect(dialReceiver(receiver, liar)).rejects.toMatchObject({ code: 'refused' });
    expect(filesIn(receiver)).toEqual([]);
    expect((await giveAll(receiver, 2)).kept).toBe(2);
  });

  it('believes no root and no page that is not what the id proves', async () => {
    const receiver = await startReceiver();
    const { manifest } = contentOf(2);
    const other = contentOf(2, 7).manifest;
    const first = await dialReceiver(receiver);
    await offer(first, manifest);
    sendManifest(first, other);
    await expect(first.answers.next(1, SOON_MS)).rejects.toMatchObject({ code: 'unreachable' });
    const second = await dialReceiver(receiver);
    await offer(second, manifest);
    second.session.send({ type: 'root', bytes: pagesOf(manifest).root }, 1);
    second.session.send({ type: 'page', bytes: noise(100) }, 1);
    await expect(second.answers.next(1, SOON_MS)).rejects.toMatchObject({ code: 'unreachable' });
    expect(filesIn(receiver)).toEqual([]);
  });

  it('bans at once whoever offers a content whose paths escape', async () => {
    const receiver = await startReceiver();
    const hand = await dialReceiver(receiver);
    const manifest = manifestOf({ '../evil': noise(100) });
    await offer(hand, manifest);
    sendManifest(hand, manifest);
    await expect(hand.answers.next(1, SOON_MS)).rejects.toMatchObject({ code: 'unreachable' });
    const said = await receiver.actor.until((said) => said.type === 'trouble');
    expect(said).toMatchObject({ error: { code: 'poison' } });
    await expect(dialReceiver(receiver, hand.identity)).rejects.toMatchObject({ code: 'refused' });
  });

  it('ends the session of whoever claims chunks that there are not (CVE-2019-6111)', async () => {
    const receiver = await startReceiver();
    const { manifest } = await giveAll(receiver, 2);
    const hand = await dialReceiver(receiver);
    hand.session.send({ type: 'give', id: manifest.id, name: 'a', ranges: [0, LIMITS.chunks] }, 1);
    await expect(hand.answers.next(1, SOON_MS)).rejects.toMatchObject({ code: 'unreachable' });
    const other = await dialReceiver(receiver);
    const { manifest: fresh } = contentOf(2, 5);
    await offer(other, fresh);
    sendManifest(other, fresh);
    other.session.send({ type: 'put-chunk', index: 7 }, 1);
    await expect(other.answers.next(1, SOON_MS)).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('ends the session of whoever sends more bytes than the chunk has, or bytes unasked', async () => {
    const receiver = await startReceiver();
    const { manifest } = contentOf(1);
    const hand = await dialReceiver(receiver);
    await offer(hand, manifest);
    sendManifest(hand, manifest);
    await expect(put(hand, 0, noise(CHUNK + 1))).rejects.toMatchObject({ code: 'unreachable' });
    const other = await dialReceiver(receiver);
    await expect(put(other, 0, noise(10))).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('takes from one peer no more than a quarter of its quota', async () => {
    const receiver = await startReceiver({ quotaBytes: 8 * MiB });
    const greedy = await newIdentity();
    const { kept } = await giveAll(receiver, 20, 1, greedy);
    // 2 MiB: seven chunks of 256 KiB, and the manifest.
    expect(kept).toBe(7);
    expect((await giveAll(receiver, 4, 2, greedy)).want).toEqual({
      type: 'refused',
      reason: 'full',
    });
    expect((await giveAll(receiver, 4, 3)).kept).toBe(4);
  });

  it('gives up the most replicated content for a new one, and never one with fewer than two other holders', async () => {
    const receiver = await startReceiver({ quotaBytes: 4 * MiB });
    const ids = [];
    for (let seed = 1; seed <= 5; seed += 1)
      ids.push((await giveAll(receiver, 3, seed)).manifest.id);
    expect((await giveAll(receiver, 3, 6)).want).toEqual({ type: 'refused', reason: 'full' });
    const [, second, third, fourth] = ids;
    if (second === undefined || third === undefined || fourth === undefined) throw new Error();
    const rows = [
      { id: second, count: 3 },
      { id: third, count: 5 },
      { id: fourth, count: 1 },
    ];
    receiver.actor.send({ type: 'holders', rows });
    expect((await giveAll(receiver, 3, 6)).kept).toBe(3);
    const evicted = receiver.actor.heard.filter((said) => said.type === 'content-evicted');
    expect(evicted).toEqual([{ type: 'content-evicted', id: third }]);
  });

  it('keeps a chunk that two contents share once', async () => {
    const receiver = await startReceiver();
    const shared = noise(2 * CHUNK, 1);
    const longer: Tree = { '': Buffer.concat([shared, noise(CHUNK, 2)]) };
    await giveAll(receiver, 2, 1);
    const hand = await dialReceiver(receiver);
    const manifest = manifestOf(longer);
    await offer(hand, manifest);
    sendManifest(hand, manifest);
    for (let index = 0; index < 3; index += 1) {
      const bytes = chunkBytesOf(longer, manifest.entries, manifest.layout, index);
      expect(await put(hand, index, bytes)).toEqual({ type: 'kept', index });
    }
    // Three chunks and two logs.
    expect(filesIn(receiver)).toHaveLength(5);
  });

  it('wants nothing of what this peer holds whole, and takes nothing when it is switched off', async () => {
    const receiver = await startReceiver();
    const { manifest } = await giveAll(receiver, 2);
    receiver.actor.send({ type: 'owned', id: manifest.id, owned: true });
    expect(await offer(await dialReceiver(receiver), manifest)).toEqual({
      type: 'want',
      ranges: [],
      holds: [0, 2],
      manifest: false,
    });
    const closed = await startReceiver({ enabled: false });
    expect(await offer(await dialReceiver(closed), manifest)).toEqual({
      type: 'refused',
      reason: 'denied',
    });
  });

  it('turns blocked peers away and drops their sessions', async () => {
    const receiver = await startReceiver();
    const hand = await dialReceiver(receiver);
    receiver.actor.send({ type: 'refuse', peers: [hand.identity.peerId] });
    await expect(hand.answers.next(1, SOON_MS)).rejects.toMatchObject({ code: 'unreachable' });
    await expect(dialReceiver(receiver, hand.identity)).rejects.toMatchObject({ code: 'refused' });
  });

  it('leaves nothing half kept when the giver or the receiver dies in the middle of a chunk', async () => {
    const receiver = await startReceiver();
    const { manifest, tree } = contentOf(2);
    const hand = await dialReceiver(receiver);
    await offer(hand, manifest);
    sendManifest(hand, manifest);
    const bytes = chunkBytesOf(tree, manifest.entries, manifest.layout, 0);
    await hand.session.write(framesOf(0, bytes, 1).subarray(0, 100_000));
    hand.session.destroy();
    expect((await giveAll(receiver, 2)).kept).toBe(2);
    const last = await dialReceiver(receiver);
    await offer(last, contentOf(2, 9).manifest);
    sendManifest(last, contentOf(2, 9).manifest);
    await last.session.write(framesOf(0, bytes, 1).subarray(0, 100_000));
    receiver.actor.kill();
    const next = await startReceiver(receiver.init, receiver.identity);
    const said = await next.actor.until((said) => said.type === 'content-kept');
    expect(said).toMatchObject({ id: manifest.id, have: [0, 2] });
    expect(filesIn(next)).toHaveLength(3);
  });

  it('finishes the chunk in hand before it stops, and says goodbye', async () => {
    const receiver = await startReceiver();
    const { manifest, tree } = contentOf(2);
    const hand = await dialReceiver(receiver);
    await offer(hand, manifest);
    sendManifest(hand, manifest);
    const frames = framesOf(1, chunkBytesOf(tree, manifest.entries, manifest.layout, 1), 1);
    await hand.session.write(frames.subarray(0, 1000));
    // An answer to a second session proves that the first one's bytes have been read.
    await offer(await dialReceiver(receiver), manifest);
    const stopped = receiver.actor.stop();
    await hand.session.write(frames.subarray(1000));
    expect(await hand.answers.next(1, SOON_MS)).toEqual({ type: 'kept', index: 1 });
    await expect(hand.answers.next(1, SOON_MS)).rejects.toMatchObject({ code: 'closed' });
    await stopped;
  });
});
