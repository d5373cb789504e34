/** The bodies of messages: what stands in the CBOR map of each, both ways. */
import { LIMITS } from '#src/domain/limits.js';
import { unreachable } from '#src/domain/unreachable.js';
import { directBody, directMessageOf } from './direct-message.js';
import type { Fields } from './fields.js';
import { FRAME, type FrameType } from './frame.js';
import { decodeHello, encodeHello } from './hello.js';
import { meshBody, meshMessageOf } from './mesh-message.js';
import type { BareType, Message, RawType } from './message.js';
import {
  asPriority,
  asRefusal,
  hashesOf,
  idOf,
  indexOf,
  keyOf,
  rangesOf,
  rawId,
  rawKey,
  rawRow,
  rowOf,
} from './message-fields.js';
import { RUN_KEY_BYTES, RUN_SIGNATURE_BYTES } from './signed-run.js';
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
      return {
        fresh: message.fresh,
        complete: message.complete,
        changed: message.changed.map(rawRow),
        removed: message.removed.map(rawKey),
      };
    case 'get-root':
      return { id: rawId(message.id) };
    case 'get-have': {
      const { id, holds } = message;
      return { id: rawId(id), ...(holds !== undefined && { holds }) };
    }
    case 'get-page':
    case 'get-segments':
      return { id: rawId(message.id), page: message.page };
    case 'have':
      return { ranges: message.ranges, ...(message.partly && { partly: true }) };
    case 'hold':
      return { ranges: message.ranges };
    case 'hashes': {
      const { first, hashes, key, signature } = message;
      return { first, hashes, key, signature };
    }
    case 'get-chunk':
      return { id: rawId(message.id), index: message.index };
    case 'prefer':
      return { priority: message.priority };
    case 'give':
      return { id: rawId(message.id), name: message.name, ranges: message.ranges };
    case 'want':
      return { ranges: message.ranges, holds: message.holds, manifest: message.manifest };
    case 'put-chunk':
    case 'kept':
      return { index: message.index };
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
      return {
        type: 'offer',
        fresh: fields.flag('fresh'),
        complete: fields.flag('complete'),
        changed: fields.list('changed').map(rowOf),
        removed: fields.list('removed').map(keyOf),
      };
    case FRAME.getRoot:
      return { type: 'get-root', id: idOf(fields) };
    case FRAME.getPage:
      return { type: 'get-page', id: idOf(fields), page: fields.uint('page', LIMITS.chunks) };
    case FRAME.getHave:
      return {
        ...({ type: 'get-have', id: idOf(fields) } as const),
        ...(fields.value('holds') !== undefined && { holds: rangesOf(fields, 'holds') }),
      };
    case FRAME.have:
      return {
        ...({ type: 'have', ranges: rangesOf(fields, 'ranges') } as const),
        ...(fields.value('partly') !== undefined && fields.flag('partly') && { partly: true }),
      };
    case FRAME.hold:
      return { type: 'hold', ranges: rangesOf(fields, 'ranges') };
    case FRAME.hashes:
      return {
        type: 'hashes',
        first: fields.uint('first', LIMITS.chunks),
        hashes: hashesOf(fields),
        key: fields.bytes('key', RUN_KEY_BYTES),
        signature: fields.bytes('signature', RUN_SIGNATURE_BYTES),
      };
    case FRAME.getChunk:
      return { type: 'get-chunk', id: idOf(fields), index: indexOf(fields) };
    case FRAME.getSegments:
      return { type: 'get-segments', id: idOf(fields), page: fields.uint('page', LIMITS.chunks) };
    case FRAME.prefer:
      return { type: 'prefer', priority: fields.parsed('priority', 8, asPriority) };
    case FRAME.give:
      return {
        type: 'give',
        id: idOf(fields),
        name: fields.text('name', LIMITS.nameBytes),
        ranges: rangesOf(fields, 'ranges'),
      };
    case FRAME.want:
      return {
        type: 'want',
        ranges: rangesOf(fields, 'ranges'),
        holds: rangesOf(fields, 'holds'),
        manifest: fields.flag('manifest'),
      };
    case FRAME.putChunk:
      return { type: 'put-chunk', index: indexOf(fields) };
    case FRAME.kept:
      return { type: 'kept', index: indexOf(fields) };
    case FRAME.offerFile:
      return {
        type: 'offer-file',
        name: fields.text('name', LIMITS.nameBytes),
        bytes: fields.uint('bytes'),
      };
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
