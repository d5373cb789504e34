/** What neighbours in the mesh say to each other, as CBOR maps and back. Throws P2pError `protocol`. */
import { P2pError } from '#src/domain/errors.js';
import type { Announced, BroadcastMessage } from '#src/domain/mesh/broadcast-message.js';
import type { HistoryMessage } from '#src/domain/mesh/history-sync.js';
import type { Contact, MembershipMessage, Priority } from '#src/domain/mesh/membership-message.js';
import type { AuthorRow, Run } from '#src/domain/mesh/reception.js';
import { unreachable } from '#src/domain/unreachable.js';
import { bytes, Fields, list, uint } from './fields.js';
import {
  contactOf,
  messageIdOf,
  PEER_ID_BYTES,
  payloadOf,
  rawContact,
  rawMessageId,
} from './mesh-fields.js';
import { peerIdOfRaw, rawPeerId } from './peer-id.js';

export type MeshMessage = MembershipMessage | BroadcastMessage | HistoryMessage;

/** Nobody has more neighbours. */
const MOST_LINKS = 255;
/** Far beyond what any message of ours has. */
const MOST_HOPS = 255;
/** Seven are told in a shuffle. */
const MOST_SAMPLE = 16;
/** Gaps in what somebody has of one author. */
const MOST_RUNS = 64;

const PRIORITIES: readonly string[] = ['join', 'high', 'low'];

/** @returns a map to be encoded. */
export function meshBody(message: MeshMessage): object {
  const { type } = message;
  switch (type) {
    case 'neighbour':
    case 'neighbour-answer':
    case 'disconnect':
    case 'prune':
    case 'digest':
      return message;
    case 'forward-join':
      return { ...message, joiner: rawContact(message.joiner) };
    case 'shuffle':
      return {
        ...message,
        origin: rawContact(message.origin),
        sample: message.sample.map(rawContact),
      };
    case 'shuffle-answer':
      return { ...message, sample: message.sample.map(rawContact) };
    case 'gossip':
      return { ...message, id: rawMessageId(message.id) };
    case 'have':
      return { type, messages: message.messages.map(({ id, round }) => [rawMessageId(id), round]) };
    case 'want':
    case 'graft':
      return { type, id: rawMessageId(message.id) };
    case 'summary':
      return { ...message, rows: message.rows.map(rawAuthor) };
    case 'missed':
      return message;
    default:
      return unreachable(message);
  }
}

/** @param fields of the map; what is in it beyond what is asked for is ignored. */
export function meshMessageOf(fields: Fields): MeshMessage {
  const type = fields.text('type', 32);
  switch (type) {
    case 'neighbour': {
      const links = new Fields(fields.value('links'), 'links');
      return {
        type,
        request: fields.uint('request'),
        priority: fields.parsed('priority', 8, asPriority),
        links: {
          dialled: links.uint('dialled', MOST_LINKS),
          accepted: links.uint('accepted', MOST_LINKS),
        },
      };
    }
    case 'neighbour-answer':
      return { type, request: fields.uint('request'), isAccepted: fields.flag('isAccepted') };
    case 'forward-join':
      return {
        type,
        joiner: contactOf(fields.value('joiner')),
        ttl: fields.uint('ttl', MOST_HOPS),
      };
    case 'disconnect':
      return { type, isLeaving: fields.flag('isLeaving') };
    case 'shuffle':
      return {
        type,
        request: fields.uint('request'),
        origin: contactOf(fields.value('origin')),
        ttl: fields.uint('ttl', MOST_HOPS),
        sample: sampleOf(fields),
      };
    case 'shuffle-answer':
      return { type, request: fields.uint('request'), sample: sampleOf(fields) };
    default:
      return broadcastOf(type, fields);
  }
}

function broadcastOf(type: string, fields: Fields): MeshMessage {
  switch (type) {
    case 'gossip':
      return {
        type,
        id: messageIdOf(fields.value('id')),
        round: fields.uint('round', MOST_HOPS),
        payload: payloadOf(fields.value('payload')),
      };
    case 'have':
      return { type, messages: fields.list('messages').map(announcedOf) };
    case 'want':
    case 'graft':
      return { type, id: messageIdOf(fields.value('id')) };
    case 'prune':
      return { type };
    case 'digest':
      return { type, digest: fields.uint('digest', 2 ** 32 - 1) };
    case 'summary':
      return {
        type,
        rows: fields.list('rows').map(authorOf),
        isAnswer: fields.flag('isAnswer'),
      };
    case 'missed':
      return { type, payloads: fields.list('payloads').map(payloadOf) };
    default:
      throw new P2pError('protocol', 'a message of the mesh of unknown kind');
  }
}

function sampleOf(fields: Fields): readonly Contact[] {
  const sample = fields.list('sample');
  if (sample.length > MOST_SAMPLE) throw new P2pError('protocol', 'a sample that is no sample');
  return sample.map(contactOf);
}

function announcedOf(value: unknown): Announced {
  const [id, round] = list(value, 'an announced message');
  return { id: messageIdOf(id), round: uint(round, 'round', MOST_HOPS) };
}

function rawAuthor({ author, epoch, runs }: AuthorRow): readonly unknown[] {
  return [rawPeerId(author), epoch, runs.flatMap(({ from, to }) => [from, to])];
}

function authorOf(value: unknown): AuthorRow {
  const [author, epoch, edges] = list(value, 'an author');
  return {
    author: peerIdOfRaw(bytes(author, 'an author', PEER_ID_BYTES)),
    epoch: uint(epoch, 'epoch'),
    runs: runsOf(list(edges, 'runs').map((edge) => uint(edge, 'an edge'))),
  };
}

/** Ascending and apart, so that each set has one spelling. */
function runsOf(edges: readonly number[]): readonly Run[] {
  const isSound = edges.every((edge, at) => at === 0 || edge > (edges[at - 1] ?? 0));
  if (!isSound || edges.length % 2 !== 0 || edges.length > 2 * MOST_RUNS) {
    throw new P2pError('protocol', 'no sound runs of messages');
  }
  const runs: Run[] = [];
  for (let at = 0; at < edges.length; at += 2) {
    runs.push({ from: edges[at] ?? 0, to: edges[at + 1] ?? 0 });
  }
  return runs;
}

function asPriority(word: string): Priority | undefined {
  return PRIORITIES.includes(word) ? (word as Priority) : undefined;
}
