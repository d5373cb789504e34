import { execFileSync } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { noise } from '#test/support/contents.js';
import { startSending, startTaking } from '#test/support/file-ends.js';
import { newFolder } from '#test/support/folders.js';
import { smallDisk } from '#test/support/small-disk.js';

/** Above what is kept free for others. */
const LARGE_BYTES = 1024 * MiB;

const IS_ROOT = process.getuid?.() === 0;

function newFile(bytes: Uint8Array, name = 'a.bin'): string {
  const path = join(newFolder(), name);
  writeFileSync(path, bytes);
  return path;
}

describe('who sends one file', () => {
  it.each([
    ['of no bytes', 0],
    ['of one byte', 1],
    ['of some blocks and a bit', 3 * MiB + 17],
  ])('brings one %s whole over a way that loses a fifth each way', async (_, bytes) => {
    const whole = noise(bytes);
    const end = await startTaking(true, 0.2);
    const sender = await startSending(newFile(whole), end.port, 0.2);
    const sent = await sender.until((said) => said.type === 'sent' || said.type === 'failed');
    expect(sent).toMatchObject({ type: 'sent', file: 'a.bin', bytes });
    const received = await end.actor.until((said) => said.type === 'received');
    expect(received).toMatchObject({ bytes, path: join(end.folder, 'a.bin') });
    expect(readFileSync(join(end.folder, 'a.bin')).equals(whole)).toBe(true);
    // The last that both tell before it, however short it took.
    for (const { heard } of [sender, end.actor]) {
      const last = heard.at(-2);
      expect(last).toMatchObject({ type: 'progress', doneBytes: bytes, bytes, etaMs: 0 });
    }
  });

  it('is told in a word that it is not wanted, and ends', async () => {
    const end = await startTaking(false);
    const sender = await startSending(newFile(noise(10)), end.port);
    expect(await sender.until((said) => said.type === 'failed')).toMatchObject({ code: 'denied' });
    await sender.stop();
  });

  it('counts no time in which somebody decides', async () => {
    const end = await startTaking();
    const asked = performance.now();
    const sender = await startSending(newFile(noise(10)), end.port);
    const { offer } = await end.offered();
    const decided = performance.now();
    end.actor.send({ type: 'decide', offer, isWanted: true });
    const { ms } = (await sender.until((said) => said.type === 'sent')) as { readonly ms: number };
    expect(ms).toBeLessThanOrEqual(performance.now() - decided + 1);
    expect(decided).toBeGreaterThan(asked);
  });

  it.each<[how: string, change: (path: string) => void]>([
    ['longer', (path) => appendFileSync(path, 'more')],
    ['shorter', (path) => truncateSync(path, 10)],
  ])('says so on both sides when the file becomes %s meanwhile', async (_, change) => {
    const path = newFile(noise(MiB));
    const end = await startTaking();
    const sender = await startSending(path, end.port);
    const { offer } = await end.offered();
    change(path);
    end.actor.send({ type: 'decide', offer, isWanted: true });
    expect(await sender.until((said) => said.type === 'failed')).toMatchObject({ code: 'changed' });
    const failed = await end.actor.until((said) => said.type === 'failed');
    expect(failed).toMatchObject({
      code: 'changed',
      message: 'the file changed while it was sent',
    });
    await end.actor.stop();
    expect(readdirSync(end.folder)).toEqual([]);
  });

  it('breaks it off when it is stopped, and nothing of it stays there', async () => {
    const end = await startTaking();
    const sender = await startSending(newFile(noise(MiB)), end.port);
    await end.offered();
    await sender.stop();
    const failed = await end.actor.until((said) => said.type === 'failed');
    expect(failed).toMatchObject({ code: 'cancelled', message: 'it stopped sending' });
    await end.actor.stop();
    expect(readdirSync(end.folder)).toEqual([]);
  });

  it.skipIf(!IS_ROOT)('is told when the disk is full at the other end', async ({ skip }) => {
    const end = await startTaking();
    if (!smallDisk(end.folder, LARGE_BYTES)) skip();
    const sender = await startSending(newFile(noise(3 * MiB)), end.port);
    const { offer } = await end.offered();
    // Somebody else was quicker.
    execFileSync('mount', ['-o', `remount,size=${MiB}`, end.folder]);
    end.actor.send({ type: 'decide', offer, isWanted: true });
    const failed = await sender.until((said) => said.type === 'failed');
    expect(failed).toMatchObject({ code: 'refused', message: expect.stringMatching(/no room/) });
    expect(await end.actor.until((said) => said.type === 'failed')).toMatchObject({
      code: 'disk-full',
    });
  });
});
