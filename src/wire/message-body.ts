/** The bodies of messages: what stands in the CBOR map of each, both ways. */
import type { CataloguePage } from '#src/domain/catalogue/catalogue.js';
import { LIMITS } from '#src/domain/limits.js';
import { unreachable } from '#src/domain/unreachable.js';
import { directBody, directMessageOf } from './direct-message.js';
import { fetchBody, fetchMessageOf } from './fetch-message.js';
import type { Fields } from './fields.js';
import { FRAME, type FrameType } from './frame.js';
import { decodeHello, encodeHello } from './hello.js';
import { meshBody, meshMessageOf } from './mesh-message.js';
import type { BareType, Message, RawType } from './message.js';
import { asRefusal, keyOf, rawKey, rawRow, rowOf } from './message-fields.js';
import { spreadBody, spreadMessageOf } from './spread-message.js';
import { trackerBody, trackerMessageOf } from './tracker-message.js';

/** BLAKE3-256. */
const HASH_BYTES = 32;

/** Frames whose body is a map: neither bytes as they are, nor nothing. */
type BodyType = Exclude<
  FrameType,
  typeof FRAME.root | typeof FRAME.page | typeof FRAME.chunkBytes | typeof FRAME.segments | BareType
>;

export function bodyOf(message: Exclude<Message, { type: RawType }>): object {
  switch (message.type) {
    case 'hello':
      return encodeHello(message);
    case 'ping':
    case 'pong':
    case 'bye':
    case 'cancel':
    case 'held-back':
    case 'take-file':
    case 'file-kept':
      return {};
    case 'refused':
      return { reason: message.reason };
    case 'offer':
      return rawPage(message);
    case 'get-root':
    case 'get-page':
    case 'get-have':
    case 'have':
    case 'hold':
    case 'hashes':
    case 'get-chunk':
    case 'get-segments':
    case 'prefer':
      return fetchBody(message);
    case 'give':
    case 'want':
    case 'put-chunk':
    case 'kept':
      return spreadBody(message);
    case 'offer-file':
      return { name: message.name, bytes: message.bytes };
    case 'file-end':
      return { hash: message.hash };
    case 'mesh':
      return meshBody(message.message);
    case 'direct':
      return directBody(message.message);
    case 'tracker':
      return trackerBody(message.message);
    default:
      return unreachable(message);
  }
}

/** @throws P2pError `protocol` */
export function messageOf(type: BodyType, fields: Fields): Message {
  switch (type) {
    case FRAME.hello:
      return { type: 'hello', ...decodeHello(fields) };
    case FRAME.refused:
      return { type: 'refused', reason: fields.parsed('reason', 16, asRefusal) };
    case FRAME.offer:
      return { type: 'offer', ...cataloguePageOf(fields) };
    case FRAME.getRoot:
    case FRAME.getPage:
    case FRAME.getHave:
    case FRAME.have:
    case FRAME.hold:
    case FRAME.hashes:
    case FRAME.getChunk:
    case FRAME.getSegments:
    case FRAME.prefer:
      return fetchMessageOf(type, fields);
    case FRAME.give:
    case FRAME.want:
    case FRAME.putChunk:
    case FRAME.kept:
      return spreadMessageOf(type, fields);
    case FRAME.offerFile:
      return { type: 'offer-file', ...offeredFileOf(fields) };
    case FRAME.fileEnd:
      return { type: 'file-end', hash: fields.bytes('hash', HASH_BYTES) };
    case FRAME.mesh:
      return { type: 'mesh', message: meshMessageOf(fields) };
    case FRAME.direct:
      return { type: 'direct', message: directMessageOf(fields) };
    case FRAME.tracker:
      return { type: 'tracker', message: trackerMessageOf(fields) };
    default:
      return unreachable(type);
  }
}

function rawPage({ fresh, complete, changed, removed }: CataloguePage): object {
  return { fresh, complete, changed: changed.map(rawRow), removed: removed.map(rawKey) };
}

function cataloguePageOf(fields: Fields): CataloguePage {
  return {
    fresh: fields.flag('fresh'),
    complete: fields.flag('complete'),
    changed: fields.list('changed').map(rowOf),
    removed: fields.list('removed').map(keyOf),
  };
}

function offeredFileOf(fields: Fields) {
  return { name: fields.text('name', LIMITS.nameBytes), bytes: fields.uint('bytes') };
}
