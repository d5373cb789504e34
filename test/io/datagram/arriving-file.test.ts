import { readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { blake3Of } from '#src/io/content/blake3.js';
import { ArrivingFile } from '#src/io/datagram/arriving-file.js';
import { noise } from '#test/support/contents.js';
import { newFolder } from '#test/support/folders.js';

const STALLED_MS = 60_000;

afterEach(() => void vi.useRealTimers());

async function arriving(bytes: number, over?: Partial<FileHandle>) {
  const path = join(newFolder(), 'data');
  const file = await open(path, 'w');
  onTestFinished(() => file.close());
  const turns: string[] = [];
  const session = {
    pause: () => void turns.push('pause'),
    resume: () => void turns.push('resume'),
  };
  const handle = over === undefined ? file : (over as FileHandle);
  const one = new ArrivingFile(session, handle, bytes);
  onTestFinished(() => one.stop());
  return { one, path, turns };
}

describe('a file that arrives', () => {
  it('is what was sent, in whatever pieces it came', async () => {
    const bytes = noise(2 * MiB + 5);
    const { one, path } = await arriving(bytes.length);
    for (let at = 0; at < bytes.length; at += 77_777) one.take(bytes.subarray(at, at + 77_777));
    await one.prove({ type: 'file-end', hash: blake3Of(bytes) });
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it('is not read faster than the disk takes it, and read on after that, or when it fails', async () => {
    const writes: (() => void)[] = [];
    const write = (block: Uint8Array) =>
      new Promise((resolve) => {
        writes.push(() => resolve({ bytesWritten: block.length, buffer: block }));
      });
    const { one, turns } = await arriving(16 * MiB, { write } as unknown as Partial<FileHandle>);
    for (let block = 0; block < 3; block += 1) one.take(noise(MiB));
    expect(turns).toEqual([]);
    one.take(noise(MiB));
    expect(turns).toEqual(['pause']);
    await vi.waitFor(() => expect(writes).toHaveLength(1));
    writes[0]?.();
    await vi.waitFor(() => expect(turns).toEqual(['pause', 'resume']));
    void one.stop();
    expect(turns).toEqual(['pause', 'resume', 'resume']);
    for (let done = 1; done < 4; done += 1) {
      await vi.waitFor(() => expect(writes).toHaveLength(done + 1));
      writes[done]?.();
    }
  });

  it('is given up when nothing of it comes for a minute, and not before', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { one } = await arriving(1000);
    let failure: unknown;
    one.failed.catch((error: unknown) => {
      failure = error;
    });
    vi.advanceTimersByTime(STALLED_MS - 5000);
    one.take(noise(1));
    vi.advanceTimersByTime(STALLED_MS - 1);
    await Promise.resolve();
    expect(failure).toBeUndefined();
    vi.advanceTimersByTime(1);
    await Promise.resolve();
    expect(failure).toMatchObject({ code: 'timed-out' });
  });

  it('is not given up where all of it is there', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { one } = await arriving(1);
    const failed = vi.fn();
    one.failed.catch(failed);
    one.take(noise(1));
    vi.advanceTimersByTime(10 * STALLED_MS);
    await Promise.resolve();
    expect(failed).not.toHaveBeenCalled();
  });
});
