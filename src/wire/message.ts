/**
 * The messages of the peer protocol: control frames as typed values. Bodies are CBOR maps; whatever is not
 * exactly as written here is refused with P2pError `protocol`. Chunk bytes never pass through here.
 */
import type { CataloguePage } from '#src/domain/catalogue.js';
import type { Ranges } from '#src/domain/chunk-set.js';
import { P2pError } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import { LIMITS } from '#src/domain/limits.js';
import type { TrackerMessage } from '#src/domain/tracker-message.js';
import { unreachable } from '#src/domain/unreachable.js';
import { decodeCbor, encodeCbor } from './cbor.js';
import { type DirectMessage, directBody, directMessageOf } from './direct-message.js';
import { Fields } from './fields.js';
import { encodeFrame, FRAME, type FrameType } from './frame.js';
import { decodeHello, encodeHello, type Hello } from './hello.js';
import { type MeshMessage, meshBody, meshMessageOf } from './mesh-message.js';
import {
  asRefusal,
  idOf,
  indexOf,
  keyOf,
  type Refusal,
  rangesOf,
  rawId,
  rawKey,
  rawRow,
  rowOf,
} from './message-fields.js';
import { trackerBody, trackerMessageOf } from './tracker-message.js';

/** BLAKE3-256. */
const HASH_BYTES = 32;

export type Message =
  | ({ readonly type: 'hello' } & Hello)
  | { readonly type: 'ping' }
  | { readonly type: 'pong' }
  /** The last message: the sender stops. */
  | { readonly type: 'bye' }
  | { readonly type: 'refused'; readonly reason: Refusal }
  /** Takes back the request whose id the frame carries. */
  | { readonly type: 'cancel' }
  /** Part of the sender's catalogue. */
  | ({ readonly type: 'offer' } & CataloguePage)
  | { readonly type: 'get-root'; readonly id: ContentId }
  | { readonly type: 'get-page'; readonly id: ContentId; readonly page: number }
  | { readonly type: 'root'; readonly bytes: Uint8Array }
  | { readonly type: 'page'; readonly bytes: Uint8Array }
  /** Which chunks do you hold? Answered by `have` now and whenever more arrive, until cancelled. */
  | { readonly type: 'get-have'; readonly id: ContentId }
  | { readonly type: 'have'; readonly ranges: Ranges }
  /** Answered by the chunk's bytes in frames of type chunk-bytes, or `refused`. */
  | { readonly type: 'get-chunk'; readonly id: ContentId; readonly index: number }
  /** Would you keep chunks of this content? `ranges`: what the sender could give now. */
  | {
      readonly type: 'give';
      readonly id: ContentId;
      readonly name: string;
      readonly ranges: Ranges;
    }
  /** What the receiver takes of it, what it holds of it, and whether it needs the manifest first. */
  | {
      readonly type: 'want';
      readonly ranges: Ranges;
      readonly holds: Ranges;
      readonly manifest: boolean;
    }
  /** Announces a chunk whose bytes follow in frames with the same request id. */
  | { readonly type: 'put-chunk'; readonly index: number }
  | { readonly type: 'kept'; readonly index: number }
  /** One file of so many bytes: if it is taken, its bytes follow in frames with the same request id. */
  | { readonly type: 'offer-file'; readonly name: string; readonly bytes: number }
  | { readonly type: 'take-file' }
  /** All of its bytes have left; their BLAKE3. */
  | { readonly type: 'file-end'; readonly hash: Uint8Array }
  /** It lies in its place, whole and proven. */
  | { readonly type: 'file-kept' }
  /** What keeps the mesh together, and what travels over it. */
  | { readonly type: 'mesh'; readonly message: MeshMessage }
  /** What is said to this peer alone. */
  | { readonly type: 'direct'; readonly message: DirectMessage }
  /** Between a peer and a tracker, in role `tracker` alone. */
  | { readonly type: 'tracker'; readonly message: TrackerMessage };

/** @param request ties an answer to its question; 0 where there is none. */
export function encodeMessage(message: Message, request = 0): Uint8Array {
  if (message.type === 'root') return encodeFrame(FRAME.root, request, message.bytes);
  if (message.type === 'page') return encodeFrame(FRAME.page, request, message.bytes);
  return encodeFrame(TYPE_OF[message.type], request, encodeCbor(bodyOf(message)));
}

const TYPE_OF: Readonly<Record<Exclude<Message['type'], 'root' | 'page'>, FrameType>> = {
  hello: FRAME.hello,
  ping: FRAME.ping,
  pong: FRAME.pong,
  bye: FRAME.bye,
  refused: FRAME.refused,
  cancel: FRAME.cancel,
  offer: FRAME.offer,
  'get-root': FRAME.getRoot,
  'get-page': FRAME.getPage,
  'get-have': FRAME.getHave,
  have: FRAME.have,
  'get-chunk': FRAME.getChunk,
  give: FRAME.give,
  want: FRAME.want,
  'put-chunk': FRAME.putChunk,
  kept: FRAME.kept,
  'offer-file': FRAME.offerFile,
  'take-file': FRAME.takeFile,
  'file-end': FRAME.fileEnd,
  'file-kept': FRAME.fileKept,
  mesh: FRAME.mesh,
  direct: FRAME.direct,
  tracker: FRAME.tracker,
};

/** What says all by its type; whatever is in the body. */
const BARE = {
  [FRAME.ping]: 'ping',
  [FRAME.pong]: 'pong',
  [FRAME.bye]: 'bye',
  [FRAME.cancel]: 'cancel',
  [FRAME.takeFile]: 'take-file',
  [FRAME.fileKept]: 'file-kept',
} as const;

type BareType = keyof typeof BARE;

function isBare(type: FrameType): type is BareType {
  return Object.hasOwn(BARE, type);
}

function bodyOf(message: Exclude<Message, { type: 'root' | 'page' }>): object {
  switch (message.type) {
    case 'hello':
      return encodeHello(message);
    case 'ping':
    case 'pong':
    case 'bye':
    case 'cancel':
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
    case 'get-have':
      return { id: rawId(message.id) };
    case 'get-page':
      return { id: rawId(message.id), page: message.page };
    case 'have':
      return { ranges: message.ranges };
    case 'get-chunk':
      return { id: rawId(message.id), index: message.index };
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

/**
 * @param body of a whole frame that is not chunk bytes.
 * @throws P2pError `protocol`
 */
export function decodeMessage(type: FrameType, body: Uint8Array): Message {
  if (isBare(type)) return { type: BARE[type] };
  switch (type) {
    case FRAME.root:
      return { type: 'root', bytes: body };
    case FRAME.page:
      return { type: 'page', bytes: body };
    case FRAME.chunkBytes:
      throw new P2pError('protocol', 'chunk bytes where a message was expected');
    default:
      return decodeBody(type, new Fields(decodeCbor(body), `frame ${type}`));
  }
}

type BodyType = Exclude<
  FrameType,
  typeof FRAME.root | typeof FRAME.page | typeof FRAME.chunkBytes | BareType
>;

function decodeBody(type: BodyType, fields: Fields): Message {
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
      return { type: 'get-have', id: idOf(fields) };
    case FRAME.have:
      return { type: 'have', ranges: rangesOf(fields, 'ranges') };
    case FRAME.getChunk:
      return { type: 'get-chunk', id: idOf(fields), index: indexOf(fields) };
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
