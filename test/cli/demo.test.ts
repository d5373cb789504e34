import { copyFileSync, mkdirSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { SettingsInput } from '#config/load.js';
import { demo } from '#src/cli/demo.js';
import type { ProcessStreams } from '#src/cli/process-streams.js';
import type { Peer } from '#src/peer/api.js';
import { captured } from '#test/support/captured-stream.js';
import { createFakePeer, OTHER_ID, SHARE } from '#test/support/fake-peer.js';

/** Peers that copy the file from each other instead of fetching it. */
function network(spoil: (path: string) => void, most: number) {
  const holders: string[] = [];
  let closed = 0;
  const createPeer = async (settings: SettingsInput): Promise<Peer> => {
    const fake = createFakePeer();
    const folder = String(settings.downloads?.folder);
    const shared = settings.share?.[0];
    if (shared !== undefined) holders.push(join(shared, 'holiday film.mkv'));
    return {
      ...fake,
      name: String(settings.name),
      list: async () => [{ ...SHARE, have: 0, path: null, sources: holders.length }],
      download: () => {
        mkdirSync(folder, { recursive: true });
        const path = join(folder, 'copy');
        copyFileSync(String(holders[0]), path);
        spoil(path);
        const sources = holders
          .slice(0, most)
          .map(() => ({ peerId: OTHER_ID, chunks: 96, transport: 'tcp' as const }));
        holders.push(path);
        const done = { type: 'download-completed' as const, fetchedBytes: SHARE.bytes, ms: 500 };
        const result = { ...SHARE, ...done, path, sources };
        return Object.assign(Promise.resolve(result), { progress: new Subject<never>() });
      },
      close: () => {
        closed += 1;
        return fake.close();
      },
    };
  };
  return { createPeer, closed: () => closed };
}

async function played(
  keep: boolean,
  spoil: (path: string) => void = () => {},
  most = Number.POSITIVE_INFINITY,
) {
  const { createPeer, closed } = network(spoil, most);
  const stdout = captured();
  const stderr = captured();
  const before = left();
  const streams: ProcessStreams = {
    stdin: new PassThrough(),
    stdout,
    stderr,
    env: {},
    cwd: '/',
    home: '/',
    createPeer,
    onSignals: () => () => {},
    abort: () => {},
  };
  const code = await demo({ keep }, streams);
  const kept = left().filter((name) => !before.includes(name));
  return { code, out: stdout.text(), err: stderr.text(), closed: closed(), kept };
}

function left(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('p2p-demo-'));
}

describe('the demo', () => {
  it('ends with 0 and a proof when the file arrived whole, and leaves nothing behind', async () => {
    const { code, out, err, closed, kept } = await played(false);
    expect({ code, err, closed, kept }).toEqual({ code: 0, err: '', closed: 4, kept: [] });
    expect(out).toContain('Dora fetched 96.0 MiB in 0.50 s: 192.0 MiB/s');
    expect(out).toMatch(/SHA-256 of Dora's file {2}[0-9a-f]{32}\.\.\. {2}the same/);
  });

  it('says so where not all three gave something: a quick machine may be done before they begin', async () => {
    const { code, out } = await played(false, undefined, 2);
    expect(code).toBe(0);
    expect(out).toContain('The others had no chance');
  });

  it('ends with 1 and one line when the file differs', async () => {
    const { code, err, closed, kept } = await played(false, (path) => truncateSync(path, 1000));
    expect({ code, closed, kept }).toEqual({ code: 1, closed: 4, kept: [] });
    expect(err).toMatch(/^p2p: the demo failed: Dora's file differs.*\n$/);
  });

  it('keeps its folder if asked', async () => {
    const { out, kept } = await played(true);
    expect(kept).toHaveLength(1);
    expect(out).toContain(`Everything is kept in ${join(tmpdir(), String(kept[0]))}`);
    for (const name of kept) rmSync(join(tmpdir(), name), { recursive: true });
  });
});
