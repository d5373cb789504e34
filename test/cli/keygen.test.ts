import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { keygen } from '#src/cli/keygen.js';
import type { ProcessStreams } from '#src/cli/process-streams.js';
import { parseNetworkKey } from '#src/domain/network-key.js';
import { captured } from '#test/support/captured-stream.js';
import { createFakePeer } from '#test/support/fake-peer.js';
import { newFolder } from '#test/support/folders.js';

async function made(file: string | undefined, cwd = '/') {
  const [stdout, stderr] = [captured(), captured()];
  const streams: ProcessStreams = {
    stdin: new PassThrough(),
    stdout,
    stderr,
    env: {},
    cwd,
    home: '/',
    createPeer: async () => createFakePeer(),
    onSignals: () => () => {},
    abort: () => {},
  };
  return { code: await keygen(file, streams), out: stdout.text(), err: stderr.text() };
}

describe('p2p keygen', () => {
  it('prints a key in a line of its own, each time another', async () => {
    const [one, other] = [await made(undefined), await made(undefined)];
    for (const { code, out, err } of [one, other]) {
      expect([code, err]).toEqual([0, '']);
      expect(out.endsWith('\n')).toBe(true);
      expect(parseNetworkKey(out.slice(0, -1))).toBeDefined();
    }
    expect(one.out).not.toBe(other.out);
  });

  it('writes one to a file that only its owner may read, and says nothing', async () => {
    const folder = newFolder();
    expect(await made('key', folder)).toEqual({ code: 0, out: '', err: '' });
    expect(readdirSync(folder)).toEqual(['key']);
    expect(statSync(join(folder, 'key')).mode & 0o777).toBe(0o600);
    expect(parseNetworkKey(readFileSync(join(folder, 'key'), 'utf8').slice(0, -1))).toBeDefined();
  });

  it('overwrites nothing, and says in one line why a file cannot be made', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'key'), 'mine');
    const there = await made('key', folder);
    expect(there).toMatchObject({ code: 64, out: '' });
    expect(there.err).toMatch(/^p2p: .+key exists already, and a key is never overwritten.*\n$/);
    expect(readFileSync(join(folder, 'key'), 'utf8')).toBe('mine');
    expect(await made('no/such/key', folder)).toMatchObject({ code: 64, out: '' });
  });
});
