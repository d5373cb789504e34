/**
 * Every parser of bytes from outside of the process, with sound samples damaged in every way: it returns, or
 * refuses as it is documented to, and nothing else; soon, and with memory that what came can account for.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '#config/load.js';
import { parseCommandLine } from '#src/cli/command-line.js';
import { createLineSplitter, LINE_CHARACTERS } from '#src/cli/line-splitter.js';
import { checkName, checkPath, foldName } from '#src/domain/content/name.js';
import { P2pError } from '#src/domain/errors.js';
import { hostPortText, parseHostPort } from '#src/domain/host-port.js';
import { parseContentId, parseInstance, parsePeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import { parseTracker } from '#src/domain/tracker/tracker-address.js';
import { readFingerprints, writeFingerprints } from '#src/io/content/fingerprints.js';
import { openManifestStore } from '#src/io/content/manifest-store.js';
import { openDatabase } from '#src/io/disk/database.js';
import { openIdentity } from '#src/io/disk/identity.js';
import { parseRow } from '#src/io/disk/row-shapes.js';
import { readSmallFile, writeSmallFile } from '#src/io/disk/small-file.js';
import { prepareStaging } from '#src/io/fetch/staging.js';
import { appendToKeptLog, readKeptLog, writeKeptLog } from '#src/io/spread/kept-log.js';
import { KnownTrackers } from '#src/peer/network/known-trackers.js';
import { meant } from '#src/peer/network/naming.js';
import { Bans } from '#src/peer/trust/bans.js';
import { TrustList } from '#src/peer/trust/trust-list.js';
import { announcerKey, encodeAnnouncement, parseClaim, prove } from '#src/wire/announcement.js';
import { decodeCbor, encodeCbor } from '#src/wire/cbor.js';
import { FRAME, FRAME_HEADER_BYTES, FrameReader, type FrameType } from '#src/wire/frame.js';
import { decodeMessage, encodeMessage } from '#src/wire/message.js';
import { rawKeyOfSpki } from '#src/wire/peer-id.js';
import { manifestOf, noise } from '#test/support/contents.js';
import { newFolder } from '#test/support/folders.js';
import { newIdentity } from '#test/support/identities.js';
import { instanceOf, peerOf } from '#test/support/made-up-peers.js';
import { oneOfEach } from '#test/support/messages.js';
import { batter, mutated, SEED } from '#test/support/mutations.js';
import { randomFrom } from '#test/support/random.js';
import { rounds } from '#test/support/rounds.js';

const MANY = rounds({ small: 4000, full: 100_000 });
/** Of what goes through a file. */
const SOME = rounds({ small: 60, full: 2000 });

const TYPES: ReadonlySet<number> = new Set(
  Object.values(FRAME).filter((type) => type !== FRAME.chunkBytes),
);

/** What all samples together leave in buffers until the collector comes by: 64 KiB each at most, few at a time. */
const SLACK_BYTES = 64 << 20;

function refusing(codes: readonly string[], parse: () => unknown): void {
  try {
    parse();
  } catch (error) {
    if (!(error instanceof P2pError) || !codes.includes(error.code)) throw error;
  }
}

/** Runs it, and sees that buffers did not grow with what the bytes claim. */
function bounded(run: () => void): void {
  const before = process.memoryUsage().arrayBuffers;
  run();
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(SLACK_BYTES);
  expect(Object.prototype).not.toHaveProperty('polluted');
}

/** Frames as they are on the wire, some of each type. */
function frames(): readonly Uint8Array[] {
  return oneOfEach.flatMap(([, arbitrary]) =>
    fc.sample(arbitrary, { numRuns: 6, seed: SEED }).map((message) => encodeMessage(message, 7)),
  );
}

describe('parsers of the wire', () => {
  it('frames: damaged streams are refused or read on, cut anywhere (CVE-2021-21404, CVE-2024-12084)', () => {
    bounded(() =>
      batter(
        frames(),
        (bytes) => {
          const reader = new FrameReader({
            frame: (type, _request, body) => void decodeMessage(type, body),
            chunkBytes: () => undefined,
          });
          const cut = bytes.length >> 1;
          refusing(['protocol'], () => {
            reader.push(bytes.subarray(0, cut));
            reader.push(bytes.subarray(cut));
          });
        },
        MANY,
        SEED,
      ),
    );
  });

  it('bodies: damaged ones are refused, or mean the same when they are said again', () => {
    bounded(() =>
      batter(
        frames(),
        (bytes) => {
          const body = bytes.subarray(FRAME_HEADER_BYTES);
          const type = bytes[4] as FrameType;
          // Other types never come this far.
          if (!TYPES.has(type)) return;
          refusing(['protocol'], () => {
            const message = decodeMessage(type, body);
            const again = encodeMessage(message).subarray(FRAME_HEADER_BYTES);
            expect(decodeMessage(type, again)).toEqual(message);
          });
        },
        MANY,
        SEED,
      ),
    );
  });

  it('CBOR: damaged values are refused, or come back the same', () => {
    const samples = fc.sample(fc.jsonValue({ maxDepth: 6 }), { numRuns: 100, seed: SEED });
    bounded(() =>
      batter(
        samples.map((value) => encodeCbor(value)),
        (bytes) =>
          refusing(['protocol'], () => {
            const value = decodeCbor(bytes);
            expect(decodeCbor(encodeCbor(value))).toEqual(value);
          }),
        MANY,
        SEED,
      ),
    );
  });

  it('announcements: only what was signed is proven, at any length (CVE-2021-44847)', async () => {
    const { credentials } = await newIdentity();
    const key = announcerKey(credentials.keyPem);
    const ports = { mesh: 1, transfer: 2, distributor: 3, receiver: 4 };
    const fields = { ports, instance: instanceOf(7), load: 0, component: 0 };
    const sound = (['start', 'alive', 'stop'] as const).map((flag, sequence) =>
      encodeAnnouncement({ ...fields, flag, sequence }, key),
    );
    const isSound = (bytes: Uint8Array) => sound.some((one) => Buffer.from(one).equals(bytes));
    bounded(() =>
      batter(
        sound,
        (bytes) => {
          const claim = parseClaim(bytes);
          if (claim !== undefined) expect(prove(claim, bytes) !== undefined).toBe(isSound(bytes));
        },
        MANY,
        SEED,
      ),
    );
    // Every length of a datagram: a sound one that is cut, or has something behind it.
    const [start = new Uint8Array()] = sound;
    const longest = noise(65_507);
    longest.set(start);
    for (let length = 0; length <= longest.length; length += 1) {
      const claim = parseClaim(longest.subarray(0, length));
      if (claim !== undefined) expect(length).toBe(start.length);
    }
  });
});

describe('parsers of text', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc
      .array(
        fc.constantFrom('a', '..', '/', '\\', ':', '\0', '"', '#', '--to', ' ', '[', ']', '%'),
        {
          maxLength: 40,
        },
      )
      .map((parts) => parts.join('')),
  );

  it('names, addresses, ids and words: whatever the text, an answer and no exception', () => {
    fc.assert(
      fc.property(anything, (text) => {
        for (const platform of ['posix', 'win32'] as const) {
          expect(['ok', 'escape', 'unusable']).toContain(checkPath(text, platform).kind);
          expect(['ok', 'escape', 'unusable']).toContain(checkName(text, platform).kind);
        }
        expect(foldName(foldName(text))).toBe(foldName(text));
        expect(printable(text)).not.toMatch(/\p{Cc}|\p{Cf}/u);
        const address = parseHostPort(text);
        if (address !== undefined) expect(Number.isInteger(address.port)).toBe(true);
        const tracker = parseTracker(text);
        if (tracker !== undefined) expect(Number.isInteger(tracker.port)).toBe(true);
        for (const parse of [parsePeerId, parseContentId, parseInstance]) {
          expect([undefined, text]).toContain(parse(text));
        }
        meant(text, []);
      }),
      { numRuns: MANY, seed: SEED },
    );
  });

  it('names of a megabyte are refused in no time', () => {
    const long = 'a\u0301/'.repeat(300_000);
    const from = performance.now();
    for (const text of [long, long.replaceAll('/', ''), '\u202e'.repeat(1 << 20)]) {
      expect(checkPath(text, 'win32').kind).toBe('escape');
      expect(parseHostPort(text)).toBeUndefined();
      expect(parseTracker(text)).toBeUndefined();
      parseCommandLine(text, true);
    }
    expect(performance.now() - from).toBeLessThan(5000);
  });

  it('lines of stdin: never more than one command may have is kept, and no CR or LF within (CVE-2026-53788)', () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 20 }), (pieces) => {
        const splitter = createLineSplitter();
        const lines = [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
        for (const line of lines) {
          if (line.kind !== 'line') continue;
          expect(line.text).not.toContain('\n');
          expect(line.text.length).toBeLessThanOrEqual(LINE_CHARACTERS);
          parseCommandLine(line.text, true);
        }
      }),
      { numRuns: MANY / 4, seed: SEED },
    );
  });
});

describe('parsers of files', () => {
  /** Damages a file again and again. @param read throws on what is not its documented way to refuse. */
  async function batterFile(
    path: string,
    samples: readonly Uint8Array[],
    read: (bytes: Uint8Array) => Promise<unknown>,
    times = SOME,
  ): Promise<void> {
    const random = randomFrom(SEED);
    const pick = () => samples[Math.floor(random() * samples.length)] ?? new Uint8Array();
    for (let time = 0; time < times; time += 1) {
      const bytes = mutated(pick(), pick(), random);
      writeFileSync(path, bytes);
      await read(bytes).catch((cause: Error) => {
        throw new Error(`seed ${SEED}, sample ${time}: ${cause.message}`, { cause });
      });
    }
  }

  async function refused(codes: readonly string[], work: Promise<unknown>): Promise<void> {
    await work.catch((error: unknown) => {
      if (!(error instanceof P2pError) || !codes.includes(error.code)) throw error;
    });
  }

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

  it('fingerprints: damaged ones count as none', async () => {
    const path = join(newFolder(), 'looks');
    const id = 'ab'.repeat(32) as never;
    await writeFingerprints(path, id, new BigUint64Array(20).fill(7n));
    const sound = await readRaw(path);
    await batterFile(path, [sound], async (bytes) => {
      expect((await readFingerprints(path, id)) !== undefined).toBe(sound.equals(bytes));
    });
  });

  it('kept records: sound ones in front of the damage count, no other', async () => {
    const path = join(newFolder(), 'kept');
    const giver = peerOf(1);
    const chunk = (index: number) => ({ index, bytes: 5, giver, hash: 'cd'.repeat(32) });
    const header = { name: 'n', bytes: 9, chunks: 4, manifestBytes: 0, giver };
    await writeKeptLog(path, { header, chunks: [chunk(0)] });
    await appendToKeptLog(path, chunk(1));
    const sound = await readRaw(path);
    await batterFile(path, [sound], async () => {
      const log = await readKeptLog(path);
      if (log === undefined) return;
      expect(log.header).toEqual(header);
      for (const one of log.chunks) expect([chunk(0), chunk(1)]).toContainEqual(one);
    });
  });

  it('journals: no chunk counts that there is not', async () => {
    const folder = newFolder();
    const manifest = manifestOf({ '': noise(700_000) });
    const staging = join(folder, '.p2p-partial', manifest.id);
    mkdirSync(join(staging), { recursive: true });
    writeFileSync(join(staging, 'data'), noise(700_000));
    const samples = [Buffer.from([0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]), Buffer.alloc(64, 255)];
    await batterFile(join(staging, 'journal'), samples, async () => {
      const { have, doubtful } = await prepareStaging(staging, manifest);
      for (const index of [...have.values(), ...doubtful]) {
        expect(index).toBeLessThan(manifest.layout.chunks);
      }
    });
  });

  it('stored manifests: a damaged one counts as missing', async () => {
    const folder = newFolder();
    const manifest = manifestOf({ 'a/b': noise(9), c: noise(400_000) });
    await openManifestStore(folder).write(manifest);
    const path = join(folder, manifest.id);
    const sound = await readRaw(path);
    await batterFile(path, [sound], async (bytes) => {
      const read = await openManifestStore(folder).read(manifest.id);
      expect(read !== undefined).toBe(sound.equals(bytes));
    });
  });

  it('rows of the database: what is not of their shape counts as none', async () => {
    const data = newFolder();
    const { database } = await openDatabase(data);
    const tables = ['hashed', 'downloads', 'received', 'peers'] as const;
    const junk = [
      null,
      7,
      'x',
      [],
      {},
      { id: 7 },
      { host: 'h', port: 1e308, at: 0 },
      { id: '../..', name: 5 },
    ];
    for (const table of tables) {
      for (const [at, value] of junk.entries()) await database.put(table, `${at}`, value as never);
      expect(await database.all(table), table).toEqual([]);
      for (const at of junk.keys())
        expect(await database.get(table, `${at}`), table).toBeUndefined();
    }
    await database.close();
  });
});

describe('a row of the database', () => {
  const ID = 'ab'.repeat(32);
  const SAMPLES = {
    hashed: { id: ID, bytes: 9, chunks: 1 },
    downloads: { id: ID, name: 'n', target: '/t', mayRename: true, staging: '/s' },
    received: { id: ID, bytes: 9, chunks: 1, name: 'n' },
    peers: { host: 'h', port: 7, at: 8 },
  } as const;

  it.each(Object.keys(SAMPLES) as (keyof typeof SAMPLES)[])(
    'of %s is as it should be or counts as none, whatever its text',
    (table) => {
      const sample: Readonly<Record<string, unknown>> = SAMPLES[table];
      const judge = (text: string) => {
        const row = parseRow(table, text) as Readonly<Record<string, unknown>> | undefined;
        if (row === undefined) return;
        for (const [field, value] of Object.entries(sample)) {
          expect(typeof row[field], field).toBe(typeof value);
          if (typeof value !== 'number') continue;
          expect(Number.isSafeInteger(row[field]), field).toBe(true);
          expect(row[field], field).toBeGreaterThanOrEqual(0);
        }
        if ('id' in sample) expect(row['id']).toMatch(/^[0-9a-f]{64}$/);
        if ('port' in sample) expect(row['port']).toBeLessThanOrEqual(65_535);
      };
      expect(parseRow(table, JSON.stringify(sample))).toEqual(sample);
      const texts = [JSON.stringify(sample), '{"id":9007199254740993,"bytes":1e308,"port":-1}'];
      bounded(() =>
        batter(
          texts.map((text) => Buffer.from(text)),
          (bytes) => judge(Buffer.from(bytes).toString()),
          MANY / 4,
          SEED,
        ),
      );
      const fields = Object.keys(sample);
      const row = fc.record(Object.fromEntries(fields.map((field) => [field, fc.jsonValue()])));
      fc.assert(
        fc.property(fc.oneof(row, fc.jsonValue()), (value) => judge(JSON.stringify(value))),
        { numRuns: MANY / 4, seed: SEED },
      );
    },
  );
});

async function readRaw(path: string): Promise<Buffer> {
  const { readFile } = await import('node:fs/promises');
  return readFile(path);
}

describe('a public key', () => {
  it('is Ed25519 or none, whatever its bytes (CVE-2026-110789)', () => {
    batter(
      [Buffer.from(`302a300506032b6570032100${'11'.repeat(32)}`, 'hex')],
      (bytes) => {
        const raw = rawKeyOfSpki(bytes);
        if (raw !== undefined) expect(raw).toHaveLength(32);
      },
      MANY,
      SEED,
    );
  });
});
