/** Files that a peer relies on, damaged in every way: it starts with what was in them, or says so and does not. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '#config/load.js';
import { P2pError } from '#src/domain/errors.js';
import { hostPortText } from '#src/domain/host-port.js';
import { parsePeerId } from '#src/domain/ids.js';
import { parseTracker } from '#src/domain/tracker/tracker-address.js';
import { openIdentity } from '#src/io/disk/identity.js';
import { readSmallFile, writeSmallFile } from '#src/io/disk/small-file.js';
import { KnownTrackers } from '#src/peer/network/known-trackers.js';
import { Bans } from '#src/peer/trust/bans.js';
import { TrustList } from '#src/peer/trust/trust-list.js';
import { batterFile, refused, refusing, SOME } from '#test/support/battered.js';
import { newFolder } from '#test/support/folders.js';
import { peerOf } from '#test/support/made-up-peers.js';

describe('parsers of files that a peer relies on', () => {
  it('settings: one clear refusal, and no setting from a prototype (CVE-2023-36665)', async () => {
    const folder = newFolder();
    const path = join(folder, 'peer.json');
    const read = async () =>
      refusing(['usage', 'config'], () =>
        loadSettings({
          file: path,
          env: {},
          cwd: folder,
          machine: { os: 'linux', home: folder, hostName: 'x' },
        }),
      );
    const samples = [
      '{"port": 5, "downloads": {"folder": "."}, "discovery.port": 7, "share": [], "peers": ["a:1"]}',
      '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}',
      '{"discovery": {"__proto__": {"port": 1}}, "toString": 1, "mesh.constructor": 2, "hasOwnProperty": {}}',
      '{"port": 9007199254740993, "mesh": {"pingMs": 1e308}, "store": {"quotaBytes": -1}}',
    ].map((text) => Buffer.from(text));
    for (const sample of samples) {
      writeFileSync(path, sample);
      await read();
    }
    await batterFile(path, samples, read, SOME * 4);
    expect({}).not.toHaveProperty('polluted');
  });

  it.each(['[', '{"a":', '{"share":['])(
    'settings nested without end in %s are refused in one line (CVE-2020-8437)',
    (open) => {
      const folder = newFolder();
      const path = join(folder, 'peer.json');
      const levels = 100_000;
      for (const text of [
        open.repeat(levels),
        `{"share":${'['.repeat(levels)}${']'.repeat(levels)}}`,
      ]) {
        writeFileSync(path, text);
        let said = '';
        try {
          loadSettings({ file: path, env: {}, cwd: folder });
        } catch (error) {
          said = error instanceof P2pError ? error.message : `crashed: ${(error as Error).name}`;
        }
        expect(said).toMatch(/peer\.json:1:\d+: not valid JSON/);
        expect(said.length).toBeLessThan(1000);
      }
    },
  );

  it('small files: a damaged one is damaged, never something else', async () => {
    const path = join(newFolder(), 'small');
    await writeSmallFile(path, 'what was written');
    const sound = Buffer.from(await readRaw(path));
    await batterFile(path, [sound], async (bytes) => {
      const text = await readSmallFile(path).catch((error: P2pError) => error.code);
      expect(text).toBe(sound.equals(bytes) ? 'what was written' : 'damaged');
    });
  });

  it('identity: a damaged one stops, and is never replaced (CVE-2026-70452)', async () => {
    const data = newFolder();
    const { peerId } = await openIdentity(data);
    const path = join(data, 'identity', 'key.pem');
    const sound = await readRaw(path);
    const pem = sound.subarray(sound.indexOf('\n') + 1);
    await batterFile(path, [sound], async (bytes) => {
      const id = await openIdentity(data).then(
        (one) => one.peerId,
        (error: P2pError) => error.code,
      );
      expect(['damaged', sound.equals(bytes) ? peerId : 'damaged']).toContain(id);
    });
    // What carries a sound digest and is no identity.
    await batterFile(join(data, 'unused'), [pem], async (bytes) => {
      await writeSmallFile(path, Buffer.from(bytes).toString('latin1'));
      await refused(['damaged'], openIdentity(data));
    });
  });

  it('bans: damaged ones stop, and nobody is let in by a slip of one (CVE-2026-70452)', async () => {
    const data = newFolder();
    const path = join(data, 'bans');
    const samples = ['5', '1800000000000', '9'.repeat(16), '9'.repeat(22), '9'.repeat(400)].map(
      (until) => Buffer.from(`${peerOf(1)} 5\n${peerOf(2)} ${until}\n`),
    );
    await batterFile(join(data, 'unused'), samples, async (bytes) => {
      await writeSmallFile(path, Buffer.from(bytes).toString('latin1'));
      const read = Bans.open(data);
      await refused(['damaged'], read);
      // What was taken is still taken at the start after this one.
      await read.then(
        async (bans) => {
          await bans.save();
          expect((await Bans.open(data)).all).toEqual(bans.all);
        },
        () => undefined,
      );
    });
  });

  it('trust: damaged ones stop, and nobody is let in by a slip of one (CVE-2026-70452)', async () => {
    const data = newFolder();
    const path = join(data, 'trust');
    const nested = '['.repeat(20_000);
    const samples = [
      '["anna","10.0.0.1",27460]',
      '["\\u2028 \\"","fe80::1%eth 0",0]',
      '{"__proto__":{"polluted":1},"length":3}',
      '[{"__proto__":{"polluted":1}},"h",1e308]',
      '["a","h",9007199254740993]',
      nested,
      `["a","h",${nested}`,
    ].map((seen) => Buffer.from(`${peerOf(1)} known ["","",0]\n${peerOf(2)} blocked ${seen}\n`));
    await batterFile(join(data, 'unused'), samples, async (bytes) => {
      await writeSmallFile(path, Buffer.from(bytes).toString('latin1'));
      const read = TrustList.open(data);
      await refused(['damaged'], read);
      await read.then(
        async (list) => {
          for (const { peerId, state, name, host, port } of list.all) {
            expect(parsePeerId(peerId)).toBe(peerId);
            expect(['blocked', 'known', 'trusted']).toContain(state);
            expect([typeof name, typeof host]).toEqual(['string', 'string']);
            expect(port >= 0 && port <= 65_535 && Number.isInteger(port)).toBe(true);
          }
          await list.save();
          expect((await TrustList.open(data)).all).toEqual(list.all);
        },
        () => undefined,
      );
    });
    expect({}).not.toHaveProperty('polluted');
  });

  it.each([
    ['bans', (data: string) => Bans.open(data)],
    ['trust', (data: string) => TrustList.open(data)],
    ['trackers', (data: string) => KnownTrackers.open(data)],
  ])(
    '%s: any change of the file stops, where it has no backup (CVE-2026-70452)',
    async (name, open) => {
      const data = newFolder();
      const path = join(data, name);
      const lines = {
        bans: `${peerOf(1)} 1800000000000\n`,
        trust: `${peerOf(1)} blocked ["a","h",1]\n`,
        trackers: `house:4000 ${peerOf(1)}\n`,
      };
      await writeSmallFile(path, lines[name as keyof typeof lines]);
      const sound = await readRaw(path);
      await batterFile(path, [sound], async (bytes) => {
        const answer = await open(data).then(
          () => 'sound',
          (error: P2pError) => error.code,
        );
        expect(answer).toBe(sound.equals(bytes) ? 'sound' : 'damaged');
      });
    },
  );

  it('known trackers: damaged ones stop, and nobody stands in by a slip of one', async () => {
    const data = newFolder();
    const path = join(data, 'trackers');
    const lines = Buffer.from(`house:4000 ${peerOf(1)}\n[fe80::1]:4000 ${peerOf(2)}\n`);
    await batterFile(join(data, 'unused'), [lines], async (bytes) => {
      await writeSmallFile(path, Buffer.from(bytes).toString('latin1'));
      const read = KnownTrackers.open(data);
      await refused(['damaged'], read);
      const known = await read.catch(() => undefined);
      for (const address of known?.all.keys() ?? []) {
        const at = parseTracker(address);
        // As it is looked up.
        expect(at && hostPortText(at)).toBe(address);
      }
    });
  });
});

async function readRaw(path: string): Promise<Buffer> {
  const { readFile } = await import('node:fs/promises');
  return readFile(path);
}
