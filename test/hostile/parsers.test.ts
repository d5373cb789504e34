/**
 * Every parser of what comes over the wire or is typed, with sound samples damaged in every way: it returns, or
 * refuses as it is documented to, and nothing else; soon, and with memory that what came can account for.
 * Those of files are in damaged-files.test.ts and damaged-records.test.ts.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '#src/cli/command-line.js';
import { createLineSplitter, LINE_CHARACTERS } from '#src/cli/line-splitter.js';
import { checkName, checkPath, foldName } from '#src/domain/content/name.js';
import { parseHostPort } from '#src/domain/host-port.js';
import { parseContentId, parseInstance, parsePeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import { parseTracker } from '#src/domain/tracker/tracker-address.js';
import { meant } from '#src/peer/network/naming.js';
import { announcerKey, encodeAnnouncement, parseClaim, prove } from '#src/wire/announcement.js';
import { decodeCbor, encodeCbor } from '#src/wire/cbor.js';
import { FRAME, FRAME_HEADER_BYTES, FrameReader, type FrameType } from '#src/wire/frame.js';
import { decodeMessage, encodeMessage } from '#src/wire/message.js';
import { rawKeyOfSpki } from '#src/wire/peer-id.js';
import { bounded, MANY, refusing } from '#test/support/battered.js';
import { noise } from '#test/support/contents.js';
import { newIdentity } from '#test/support/identities.js';
import { instanceOf } from '#test/support/made-up-peers.js';
import { oneOfEach } from '#test/support/messages.js';
import { batter, SEED } from '#test/support/mutations.js';

const TYPES: ReadonlySet<number> = new Set(
  Object.values(FRAME).filter((type) => type !== FRAME.chunkBytes),
);

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
