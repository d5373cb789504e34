import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { noteCompleted } from '#src/peer/downloads/download-entry.js';
import { staged, tree } from '#test/support/staged-content.js';

it.each([
  ['that joined a folder is noted before what was staged of it goes', true, true],
  ['of its own is noted after that, for the next run finds it', false, false],
])('the end of something %s', async (_, isJoined, wasThere) => {
  const { folder, staging, manifest } = await staged(tree, [0]);
  const path = join(folder, 'photos');
  const record = { id: manifest.id, name: 'photos', staging, ...(isJoined && { into: path }) };
  const thereAtEnd: boolean[] = [];
  const unfinished = { end: async () => void thereAtEnd.push(existsSync(staging)) };
  const around = {
    received: { add: async () => undefined },
    library: { remove: () => undefined },
    tell: () => undefined,
  };
  const running = { record, startedAt: 0, brought: [], fetchedBytes: 0 };
  await noteCompleted(
    { running } as never,
    { path, manifest } as never,
    unfinished as never,
    around as never,
  );
  expect(thereAtEnd).toEqual([wasThere]);
  expect(existsSync(staging)).toBe(false);
});
