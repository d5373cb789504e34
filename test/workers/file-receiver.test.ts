import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blake3Of } from '#src/io/content/blake3.js';
import { noise } from '#test/support/contents.js';
import { type FileEnd, startTaking } from '#test/support/file-ends.js';
import { newFolder } from '#test/support/folders.js';
import { ESCAPING_COMPONENTS } from '#test/support/hostile-names.js';
import { chunkFrame, type Hand, offerer } from '#test/support/hostile-peer.js';
import { newIdentity } from '#test/support/identities.js';

const BYTES = noise(300_000);

async function dial({ port }: FileEnd): Promise<Hand> {
  return offerer(port, await newIdentity());
}

function offer(hand: Hand, name = 'a.bin', bytes: number = BYTES.length): void {
  hand.send({ type: 'offer-file', name, bytes }, 1);
}

function sendAll(hand: Hand, bytes: Uint8Array = BYTES, hash: Uint8Array = blake3Of(bytes)): void {
  for (let at = 0; at < bytes.length; at += 200_000) {
    hand.raw(chunkFrame(1, bytes.subarray(at, at + 200_000)));
  }
  hand.send({ type: 'file-end', hash }, 1);
}

const failed = (end: FileEnd) => end.actor.until((said) => said.type === 'failed');

describe('who takes one file', () => {
  it('is told what others left, or are at, and leaves it alone', async () => {
    const folder = newFolder();
    const left = join(folder, '.p2p-partial', 'file-4000');
    mkdirSync(left, { recursive: true });
    writeFileSync(join(left, 'data'), 'a part');
    // A download of a peer.
    mkdirSync(join(folder, '.p2p-partial', 'a'.repeat(52)));
    const end = await startTaking(undefined, 0, folder);
    const listening = await end.actor.until((said) => said.type === 'listening');
    expect(listening).toMatchObject({ leftovers: [left] });
    await end.actor.stop();
    expect(readFileSync(join(left, 'data'), 'utf8')).toBe('a part');
  });

  it('writes nothing before it is wanted, and ends once it lies there (CVE-2024-38272)', async () => {
    const end = await startTaking();
    const hand = await dial(end);
    offer(hand);
    const { offer: number, file, bytes, name } = await end.offered();
    expect([file, bytes, name]).toEqual(['a.bin', BYTES.length, 'hostile']);
    expect(readdirSync(end.folder)).toEqual([]);
    end.actor.send({ type: 'decide', offer: number, isWanted: true });
    await hand.until('take-file');
    sendAll(hand);
    await hand.until('file-kept');
    hand.send({ type: 'bye' });
    const received = await end.actor.until((said) => said.type === 'received');
    expect(received).toMatchObject({ path: join(end.folder, 'a.bin'), bytes: BYTES.length });
    await end.actor.stop();
    expect(readFileSync(join(end.folder, 'a.bin')).equals(BYTES)).toBe(true);
    expect(readdirSync(end.folder)).toEqual(['a.bin']);
  });

  it('says that it is not wanted, and waits for the next', async () => {
    const end = await startTaking(false);
    const first = await dial(end);
    offer(first);
    expect(await first.until('refused')).toEqual({ type: 'refused', reason: 'denied' });
    first.end();
    await end.actor.until((said) => said.type === 'refused');
    const second = await dial(end);
    offer(second, 'b.bin');
    expect(await end.offered(end.actor.heard.length)).toMatchObject({ file: 'b.bin' });
    expect(readdirSync(end.folder)).toEqual([]);
  });

  it('tells a second sender to come again, whom nobody is asked about', async () => {
    const end = await startTaking();
    offer(await dial(end));
    await end.offered();
    const second = await dial(end);
    offer(second);
    expect(await second.until('refused')).toEqual({ type: 'refused', reason: 'busy' });
    expect(end.actor.heard.filter(({ type }) => type === 'offered')).toHaveLength(1);
  });

  it('takes a free name where that one is taken', async () => {
    const end = await startTaking(true);
    writeFileSync(join(end.folder, 'a.bin'), 'mine');
    const hand = await dial(end);
    offer(hand);
    await hand.until('take-file');
    sendAll(hand);
    await hand.until('file-kept');
    expect(readFileSync(join(end.folder, 'a.bin'), 'utf8')).toBe('mine');
    expect(readFileSync(join(end.folder, 'a (1).bin')).equals(BYTES)).toBe(true);
  });

  it('forgets a question whose sender has gone', async () => {
    const end = await startTaking();
    const hand = await dial(end);
    offer(hand);
    await end.offered();
    hand.end();
    await failed(end);
    offer(await dial(end), 'b.bin');
    expect(await end.offered(end.actor.heard.length)).toMatchObject({ file: 'b.bin' });
  });

  it('asks about nobody while one that failed has not said goodbye: its end would void the question', async () => {
    const end = await startTaking();
    const first = await dial(end);
    offer(first, 'a/b');
    await first.until('refused');
    const second = await dial(end);
    offer(second);
    expect(await second.until('refused')).toEqual({ type: 'refused', reason: 'busy' });
    first.end();
    await failed(end);
    offer(await dial(end), 'b.bin');
    expect(await end.offered()).toMatchObject({ file: 'b.bin' });
  });

  it('leaves nothing behind when it is stopped in the middle, nor what a killed one left', async () => {
    const end = await startTaking(true);
    const left = join(end.folder, '.p2p-partial', 'file-0');
    mkdirSync(left, { recursive: true, mode: 0o700 });
    writeFileSync(join(left, 'data'), 'half of something');
    const hand = await dial(end);
    offer(hand);
    await hand.until('take-file');
    hand.raw(chunkFrame(1, BYTES.subarray(0, 100_000)));
    expect(readFileSync(join(left, 'data'), 'utf8')).toBe('');
    await end.actor.stop();
    expect(readdirSync(end.folder)).toEqual([]);
  });
});

describe('a hostile sender of one file', () => {
  it.each(ESCAPING_COMPONENTS.filter((name) => Buffer.byteLength(name) <= 255))(
    'is refused with the name %j before anybody is asked (CVE-2023-43619)',
    async (name) => {
      const end = await startTaking(true);
      const hand = await dial(end);
      offer(hand, name);
      expect(await hand.until('refused')).toEqual({ type: 'refused', reason: 'unknown' });
      hand.end();
      expect(await failed(end)).toMatchObject({ code: 'bad-name' });
      expect(readdirSync(end.folder)).toEqual([]);
    },
  );

  it('is refused with a name that moves the cursor, which is told escaped', async () => {
    const end = await startTaking(true);
    const hand = await dial(end);
    offer(hand, 'a\u001b[2Jb');
    await hand.until('refused');
    hand.end();
    const { message } = (await failed(end)) as { readonly message: string };
    expect(message).toContain('a\\u{1b}[2Jb');
    expect(message).not.toContain('\u001b');
  });

  it('is refused where the file is larger than any disk, before anybody is asked', async () => {
    const end = await startTaking(true);
    const hand = await dial(end);
    offer(hand, 'huge', Number.MAX_SAFE_INTEGER);
    expect(await hand.until('refused')).toEqual({ type: 'refused', reason: 'full' });
    hand.end();
    expect(await failed(end)).toMatchObject({
      code: 'disk-full',
      message: expect.stringMatching(
        / besides the \d+ MiB that are kept free, and only \d+ MiB are/,
      ),
    });
    expect(end.actor.heard.some(({ type }) => type === 'offered')).toBe(false);
  });

  it.each<[what: string, attack: (hand: Hand) => void]>([
    ['more bytes than it offered', (hand) => sendAll(hand, noise(BYTES.length + 1))],
    ['fewer bytes than it offered', (hand) => sendAll(hand, BYTES.subarray(1))],
    ['bytes that do not have their hash', (hand) => sendAll(hand, BYTES, new Uint8Array(32))],
    ['a second offer', (hand) => offer(hand, 'b.bin')],
    ['bytes of another request', (hand) => hand.raw(chunkFrame(2, BYTES))],
  ])('gets no name on the disk by %s', async (_, attack) => {
    const end = await startTaking(true);
    const hand = await dial(end);
    offer(hand);
    await hand.until('take-file');
    // Some are told so; others have lost their connection by then.
    void hand.until('refused').then(
      () => hand.end(),
      () => undefined,
    );
    attack(hand);
    expect(await failed(end)).toMatchObject({ code: 'protocol', name: 'hostile' });
    await end.actor.stop();
    expect(readdirSync(end.folder)).toEqual([]);
  });

  it.each<[what: string, attack: (hand: Hand) => void]>([
    ['bytes before the answer', (hand) => hand.raw(chunkFrame(1, BYTES))],
    ['nothing but a flood of offers', (hand) => offerOften(hand)],
  ])('loses its connection by %s, and nothing is written (CVE-2024-38272)', async (_, attack) => {
    const end = await startTaking();
    const hand = await dial(end);
    offer(hand);
    await end.offered();
    attack(hand);
    await failed(end);
    await hand.closed;
    expect(existsSync(join(end.folder, '.p2p-partial'))).toBe(false);
  });

  it('bothers nobody by bytes in place of an offer', async () => {
    const end = await startTaking();
    const hand = await dial(end);
    hand.raw(chunkFrame(1, BYTES));
    await hand.closed;
    await end.actor.stop();
    expect(end.actor.heard.map(({ type }) => type)).toEqual(['listening']);
  });
});

function offerOften(hand: Hand): void {
  for (let offers = 0; offers < 100; offers += 1) offer(hand);
}
