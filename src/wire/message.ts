/**
 * The messages of the peer protocol: control frames as typed values. Bodies are CBOR maps; whatever is not
 * exactly as written here is refused with P2pError `protocol`. Chunk bytes never pass through here.
 */
import type { CataloguePage } from '#src/domain/catalogue/catalogue.js';
import type { Ranges } from '#src/domain/content/chunk-set.js';
import { P2pError } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import type { Priority } from '#src/domain/send/transfer.js';
import type { TrackerMessage } from '#src/domain/tracker/tracker-message.js';
import { decodeCbor, encodeCbor } from './cbor.js';
import type { DirectMessage } from './direct-message.js';
import { Fields } from './fields.js';
import { encodeFrame, FRAME, type FrameType } from './frame.js';
import type { Hello } from './hello.js';
import type { MeshMessage } from './mesh-message.js';
import { bodyOf, messageOf } from './message-body.js';
import type { Refusal } from './message-fields.js';

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
  | {
      readonly type: 'get-have';
      readonly id: ContentId;
      /** What the sender holds of it by now; without it, the sender never says. */
      readonly holds?: Ranges;
    }
  /** `partly`: there is more, shown by and by; meanwhile say with `hold` what you hold. */
  | { readonly type: 'have'; readonly ranges: Ranges; readonly partly?: true }
  /** What the sender holds by now, beyond what it said before. Carries the id of its `get-have`. */
  | { readonly type: 'hold'; readonly ranges: Ranges }
  /** Of a draft: what its sender has hashed since the last, before any `have` that says so. */
  | {
      readonly type: 'hashes';
      readonly first: number;
      /** 32 bytes for each chunk. */
      readonly hashes: Uint8Array;
      /** The sender's, raw. */
      readonly key: Uint8Array;
      readonly signature: Uint8Array;
    }
  /** Answered by the chunk's bytes in frames of type chunk-bytes, or `refused`. */
  | { readonly type: 'get-chunk'; readonly id: ContentId; readonly index: number }
  /** How is this content cut by its bytes? Answered by `segments` once that is known, or `refused`. */
  | { readonly type: 'get-segments'; readonly id: ContentId; readonly page: number }
  | { readonly type: 'segments'; readonly bytes: Uint8Array }
  /** It is a limit of the sender's own that chunks it was asked for have waited for. */
  | { readonly type: 'held-back' }
  /** What is asked for over this session comes first, or last, among all that the sender asks for of this peer. */
  | { readonly type: 'prefer'; readonly priority: Priority }
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
  if (message.type === 'segments') return encodeFrame(FRAME.segments, request, message.bytes);
  return encodeFrame(TYPE_OF[message.type], request, encodeCbor(bodyOf(message)));
}

/** Their bodies are bytes as they are. */
export type RawType = 'root' | 'page' | 'segments';

const TYPE_OF: Readonly<Record<Exclude<Message['type'], RawType>, FrameType>> = {
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
  hold: FRAME.hold,
  'get-chunk': FRAME.getChunk,
  'get-segments': FRAME.getSegments,
  'held-back': FRAME.heldBack,
  prefer: FRAME.prefer,
  hashes: FRAME.hashes,
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
  [FRAME.heldBack]: 'held-back',
  [FRAME.takeFile]: 'take-file',
  [FRAME.fileKept]: 'file-kept',
} as const;

export type BareType = keyof typeof BARE;

function isBare(type: FrameType): type is BareType {
  return Object.hasOwn(BARE, type);
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
    case FRAME.segments:
      return { type: 'segments', bytes: body };
    case FRAME.chunkBytes:
      throw new P2pError('protocol', 'chunk bytes where a message was expected');
    default:
      return messageOf(type, new Fields(decodeCbor(body), `frame ${type}`));
  }
}
