/** What the product never does at all, seen in its sources. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Every source file of the product, by path. */
const SOURCES: readonly (readonly [string, string])[] = ['src', 'workers', 'config', 'bin'].flatMap(
  (folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(ROOT.length), readFileSync(path, 'utf8')] as const),
);

function having(pattern: RegExp): readonly string[] {
  return SOURCES.filter(([, text]) => pattern.test(text))
    .map(([path]) => path)
    .toSorted();
}

describe('the product', () => {
  it('starts no program and no shell, so that no name is ever a command (CVE-2019-13640, CVE-2026-53790)', () => {
    expect(SOURCES.length).toBeGreaterThan(100);
    expect(having(/child_process|\bexecSync\b|\bspawn\(/)).toEqual([]);
    expect(having(/\beval\(|new Function\(|node:vm/)).toEqual([]);
  });

  it('decompresses nothing, so that no few bytes become many (CVE-2026-22036, CVE-2022-36114)', () => {
    // Its checksum aside.
    expect(having(/import (?!\{ crc32 \}).*node:zlib|inflate|gunzip|brotli/i)).toEqual([]);
  });

  it('makes no link but of its own finished file, and follows none out of a folder (CVE-2022-42725)', () => {
    expect(having(/\bsymlink(Sync)?\(/)).toEqual([]);
    expect(having(/(?<!#)\blink\(/)).toEqual(['src/io/fetch/place-file.ts']);
  });

  it('reads the wall clock only for what outlives a start, never for a timer (KadNode #158, rippled #3101)', () => {
    // Messages, offers and receipts carry the hour at which they were sent, which is shown, pulses are counted from it, and the
    // daily schedule of limits is one of the wall clock.
    expect(having(/Date\.now|new Date\(/)).toEqual([
      'src/cli/amounts.ts',
      'src/cli/human-output.ts',
      'src/io/content/content-index.ts',
      'src/io/content/manifest-store.ts',
      'src/io/disk/boot-id.ts',
      'src/io/disk/database.ts',
      'src/io/disk/identity.ts',
      'src/io/mesh/gossip-judge.ts',
      'src/io/mesh/gossip.ts',
      'src/io/mesh/own-voice.ts',
      'src/peer/downloads/ended-transfers.ts',
      'src/peer/limits.ts',
      'src/peer/network/remembering.ts',
      'src/peer/network/stopping.ts',
      'src/peer/sends/arrival.ts',
      'src/peer/sends/inbox.ts',
      'src/peer/sends/refusals.ts',
      'src/peer/sends/send-answers.ts',
      'src/peer/sends/send-rows.ts',
      'src/peer/talk/conversation.ts',
      'src/peer/talk/own-sayings.ts',
      'src/peer/talk/private-messages.ts',
      'src/peer/talk/private-talk.ts',
      'src/peer/trust/bans.ts',
    ]);
  });
});
