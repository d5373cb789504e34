/** Questions and their answers as CBOR maps and back. Throws P2pError `protocol`. */
import { P2pError } from '#src/domain/errors.js';
import { LAST_PORT } from '#src/domain/host-port.js';
import { LIMITS } from '#src/domain/limits.js';
import {
  type Answer,
  type AnsweredLink,
  type Asked,
  QUERY_LIMITS,
  type Query,
  type QueryId,
} from '#src/domain/query/query.js';
import { bytes, type Fields, list, uint } from './fields.js';
import { addressOf, rawAddress } from './ip-address.js';
import { rawRow, rowOf } from './message-fields.js';
import { peerIdOfRaw, rawPeerId } from './peer-id.js';

const QUERY_ID_BYTES = 16;
const PEER_ID_BYTES = 32;

/** A round trip of more than a minute is none; not measured is one more. */
const MOST_RTT_MS = 60_000;
const NOT_MEASURED = MOST_RTT_MS + 1;

/** Links of more than there can be are not counted. */
const MOST_LOAD = 255;

export function rawQuery({ id, asked, hops, withinMs, port, hosts }: Query): object {
  return {
    id: Buffer.from(id, 'hex'),
    ...asked,
    hops,
    withinMs,
    port,
    hosts: hosts.map(rawAddress),
  };
}

export function queryOf(fields: Fields): Query {
  const hosts = fields.list('hosts');
  if (hosts.length > QUERY_LIMITS.hosts) throw new P2pError('protocol', 'too many addresses');
  return {
    id: idOf(fields, 'id'),
    asked: askedOf(fields),
    hops: fields.uint('hops', QUERY_LIMITS.mostHops),
    withinMs: fields.uint('withinMs', QUERY_LIMITS.mostWithinMs),
    port: fields.uint('port', LAST_PORT),
    hosts: hosts.map(addressOf),
  };
}

/** @returns a map to be encoded. */
export function rawAnswer(answer: Answer): object {
  const query = Buffer.from(answer.query, 'hex');
  return answer.about === 'topology'
    ? { ...answer, query, links: answer.links.map(rawLink) }
    : { ...answer, query, rows: answer.rows.map(rawRow) };
}

export function answerOf(fields: Fields): Answer {
  const query = idOf(fields, 'query');
  const about = fields.parsed('about', 16, asSubject);
  if (about === 'content') {
    const rows = fields.list('rows');
    if (rows.length > QUERY_LIMITS.rows) throw new P2pError('protocol', 'too many contents');
    return { query, about, rows: rows.map(rowOf) };
  }
  const links = fields.list('links');
  if (links.length > QUERY_LIMITS.links) throw new P2pError('protocol', 'too many links');
  const name = fields.text('name', LIMITS.peerNameBytes);
  return { query, about, name, load: fields.uint('load', MOST_LOAD), links: links.map(linkOf) };
}

function askedOf(fields: Fields): Asked {
  const about = fields.parsed('about', 16, asSubject);
  if (about === 'topology') return { about };
  return { about, word: fields.text('word', QUERY_LIMITS.wordBytes) };
}

function asSubject(word: string): Asked['about'] | undefined {
  return word === 'topology' || word === 'content' ? word : undefined;
}

function idOf(fields: Fields, name: string): QueryId {
  return Buffer.from(fields.bytes(name, QUERY_ID_BYTES)).toString('hex') as QueryId;
}

/** Microseconds, which are whole numbers. */
function rawLink({ peerId, rttMs, dialled, neighbour }: AnsweredLink): readonly unknown[] {
  const rtt = rttMs === null ? NOT_MEASURED : Math.min(MOST_RTT_MS, rttMs);
  return [rawPeerId(peerId), Math.round(rtt * 1000), dialled, neighbour];
}

function linkOf(value: unknown): AnsweredLink {
  const [id, rtt, dialled, neighbour] = list(value, 'a link');
  if (typeof dialled !== 'boolean' || typeof neighbour !== 'boolean') {
    throw new P2pError('protocol', 'a link is not what it should be');
  }
  const us = uint(rtt, 'a round trip', NOT_MEASURED * 1000);
  const rttMs = us > MOST_RTT_MS * 1000 ? null : us / 1000;
  const peerId = peerIdOfRaw(bytes(id, 'a peer id', PEER_ID_BYTES));
  return { peerId, rttMs, dialled, neighbour };
}
