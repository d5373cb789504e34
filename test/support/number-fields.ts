/** Every number in every message, each in a body that is sound but for it. */
import { LIMITS } from '#src/domain/limits.js';
import { FRAME, type FrameType } from '#src/wire/frame.js';
import { rawBytes, rawList, rawMap, rawNumber, rawText } from './raw-cbor.js';

export type NumberField = {
  readonly of: string;
  readonly type: FrameType;
  readonly body: (number: Uint8Array) => Uint8Array;
  readonly least?: number;
  readonly most: number;
};

const ONE = rawNumber('01');
const NONE = rawList([]);
const ID = rawBytes(new Uint8Array(32));
const YES = rawNumber('f5');
const ANSWERED = {
  type: rawText('send-answer'),
  offer: rawBytes(new Uint8Array(16)),
  answer: rawText('accepted'),
};
const { chunks } = LIMITS;

function hello(fields: Readonly<Record<string, Uint8Array>>): Uint8Array {
  return rawMap({
    oldest: ONE,
    newest: ONE,
    features: NONE,
    role: rawText('link'),
    name: rawText('x'),
    ports: rawList([ONE, ONE, ONE, ONE]),
    instance: rawText('0123456789abcdef'),
    ...fields,
  });
}

function row(place: number, number: Uint8Array, chunksHere = rawNumber('1a00400000')): Uint8Array {
  const items = [rawText('x'), ID, ONE, chunksHere, rawNumber('00')].with(place, number);
  return rawMap({ fresh: YES, complete: YES, changed: rawList([rawList(items)]), removed: NONE });
}

export const NUMBER_FIELDS: readonly NumberField[] = [
  ...(['oldest', 'newest'] as const).map((name) => ({
    of: `hello.${name}`,
    type: FRAME.hello,
    body: (number: Uint8Array) => hello({ [name]: number }),
    most: 65_535,
  })),
  ...[0, 1, 2, 3].map((place) => ({
    of: `hello.ports[${place}]`,
    type: FRAME.hello,
    body: (number: Uint8Array) =>
      hello({ ports: rawList([ONE, ONE, ONE, ONE].with(place, number)) }),
    least: 1,
    most: 65_535,
  })),
  { of: 'offer bytes', type: FRAME.offer, body: (n) => row(2, n), most: Number.MAX_SAFE_INTEGER },
  { of: 'offer chunks', type: FRAME.offer, body: (n) => row(3, n), most: chunks },
  { of: 'offer have', type: FRAME.offer, body: (n) => row(4, n), most: chunks },
  {
    of: 'offer have of no chunks',
    type: FRAME.offer,
    body: (n) => row(4, n, rawNumber('00')),
    most: 0,
  },
  { of: 'page', type: FRAME.getPage, body: (page) => rawMap({ id: ID, page }), most: chunks },
  {
    of: 'get-segments',
    type: FRAME.getSegments,
    body: (page) => rawMap({ id: ID, page }),
    most: chunks,
  },
  {
    of: 'get-chunk',
    type: FRAME.getChunk,
    body: (index) => rawMap({ id: ID, index }),
    most: chunks,
  },
  { of: 'put-chunk', type: FRAME.putChunk, body: (index) => rawMap({ index }), most: chunks },
  { of: 'kept', type: FRAME.kept, body: (index) => rawMap({ index }), most: chunks },
  {
    of: 'turns of an answer to an offer',
    type: FRAME.direct,
    body: (turns) => rawMap({ ...ANSWERED, turns }),
    most: Number.MAX_SAFE_INTEGER,
  },
  ...rangesOf('have', FRAME.have, (ranges) => rawMap({ ranges })),
  ...rangesOf('give', FRAME.give, (ranges) => rawMap({ id: ID, name: rawText('x'), ranges })),
  ...rangesOf('want', FRAME.want, (ranges) => rawMap({ ranges, holds: NONE, manifest: YES })),
  ...rangesOf('want holds', FRAME.want, (holds) => rawMap({ ranges: NONE, holds, manifest: YES })),
];

function rangesOf(
  of: string,
  type: FrameType,
  body: (ranges: Uint8Array) => Uint8Array,
): readonly NumberField[] {
  return [
    { of: `${of} first`, type, body: (n) => body(rawList([n, ONE])), most: chunks - 1 },
    { of: `${of} count`, type, body: (n) => body(rawList([ONE, n])), least: 1, most: chunks - 1 },
  ];
}
