/**
 * Every event as a sentence, in one table. Whatever others told (names, messages, paths) goes through
 * `printable`, so that it can neither move the cursor nor look like a line of ours.
 */
import type { LogLevel } from '#config/load.js';
import { hostPortText } from '#src/domain/host-port.js';
import { printable } from '#src/domain/printable.js';
import { DISCARDED } from '#src/peer/downloads/download-error.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { MessageRow, Share } from '#src/peer/rows.js';
import { countText, dateText, shortId, sizeText } from './amounts.js';
import {
  downloadCompleted,
  downloadFailed,
  downloadStarted,
  downloadWaiting,
  sourceMoved,
} from './download-sentences.js';
import { filesFailed, sendSkipped } from './file-lists.js';
import {
  offerAccepted,
  offerAnswered,
  offerCompleted,
  offerPaused,
  offerReceived,
  offerWithdrawn,
  sendOffered,
  sendPaused,
  sendReceived,
} from './offer-sentences.js';

/** `always`: it answers the user, whatever the log level. */
export type Sentence = { readonly level: LogLevel | 'always'; readonly text: string };

/** What earlier events told and later ones only point at. */
export type Known = {
  /** What he calls himself, where his id stands beside it. */
  readonly peerName: (peerId: string) => string;
  /** By his name, and his id where another is called alike. */
  readonly called: (peerId: string) => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
};

type Of<T extends PeerEvent['type']> = Extract<PeerEvent, { type: T }>;

type Table = {
  readonly [T in PeerEvent['type']]: (event: Of<T>, known: Known) => Sentence | undefined;
};

/** Clocks that somebody looks after are off by less, and whoever reads along takes a message for one of this minute. */
const LATE_MS = 60_000;

/** Notices of somebody who may be another than he seems. */
const WARNINGS: ReadonlySet<string> = new Set(['changed-key', 'identity', 'tracker-unpinned']);

const DOWN = {
  stopped: 'it stopped',
  lost: 'connection lost',
  blocked: 'blocked',
  replaced: 'it started anew',
  full: 'one of us has as many links as may be',
} as const;

const TABLE: Table = {
  ready: (event) =>
    info(
      `Ready: ${who(event.peerId, event.name)} on ${address(event.host, event.ports.mesh)}-${event.ports.receiver}${event.private ? ', in a private network' : ''}; \`help\` lists the commands`,
    ),
  'peer-up': (event) =>
    info(`+ ${who(event.peerId, event.name)} at ${address(event.host, event.port)}`),
  'peer-down': (event, known) =>
    info(`- ${who(event.peerId, known.peerName(event.peerId))} is gone: ${DOWN[event.reason]}`),
  'trust-changed': trustChanged,
  'link-up': (event, known) =>
    debug(`Neighbour ${printable(known.called(event.peerId))}, ${event.direction}`),
  'link-down': (event, known) =>
    debug(`No neighbour any more: ${printable(known.called(event.peerId))}, ${event.reason}`),
  message: (event, known) => always(`${whenLate(event, known.now())}${messageText(event)}`),
  'message-delivered': (event) => always(`Delivered to ${whom(event)}`),
  'message-waiting': (event) =>
    always(
      `Not here: ${whom(event)}. The message is kept until that peer is back, for 30 days at most; \`tell --cancel ${shortId(event.id)}\` takes it back`,
    ),
  'message-failed': (event) =>
    always(`Not delivered to ${whom(event)}: ${printable(event.message)}`),
  'peer-changed': changed,
  verify: verified,
  'verify-failed': (event) =>
    always(
      `Words were not compared with ${whom({ ...event, to: event.peerId })}: ${event.message}${event.failures > 1 ? `, ${event.failures} times by now` : ''}`,
    ),
  'stop-requested': (event) =>
    always(
      `${who(event.from, event.name)} asks this network to stop: this peer ${event.obeyed ? 'stops' : 'goes on'}`,
    ),
  'offer-received': (event) => always(offerReceived(event)),
  'offer-accepted': (event) => always(offerAccepted(event)),
  'offer-withdrawn': (event) => always(offerWithdrawn(event)),
  'offer-completed': (event) => always(offerCompleted(event)),
  'offer-paused': (event) => always(offerPaused(event)),
  'receipt-noted': (event) =>
    debug(`${printable(event.fromName)} has the receipt for ${printable(event.name)}`),
  'offer-answered': (event) => always(offerAnswered(event)),
  'send-offered': (event, known) =>
    always(sendOffered(event, event.to === null ? '' : known.called(event.to))),
  'send-paused': (event) => always(sendPaused(event)),
  'send-skipped': (event) => always(sendSkipped(event)),
  'files-failed': (event) => always(filesFailed(event)),
  'send-received': (event) => always(sendReceived(event)),
  'send-failed': (event) => always(printable(event.message)),
  'share-added': (event) => info(`Sharing ${described(event)}`),
  'share-changed': (event) => info(`Changed, now sharing ${described(event)}`),
  'share-removed': (event) => info(`No longer sharing ${described(event)}`),
  'hash-progress': () => undefined,
  'download-started': (event) => always(downloadStarted(event)),
  'download-progress': () => undefined,
  'download-waiting': (event) => always(downloadWaiting(event)),
  'source-moved': (event, known) => info(sourceMoved(event, known)),
  'download-completed': (event, known) => always(downloadCompleted(event, known)),
  // What was thrown away is told by the answer to `cancel`.
  'download-failed': (event) =>
    event.message === DISCARDED.message ? undefined : always(downloadFailed(event)),
  // Told by the events of downloads and by the answers to commands.
  transfer: () => undefined,
  'transfer-completed': () => undefined,
  'transfer-failed': () => undefined,
  'chunk-received': (event) => debug(`Kept chunk ${event.index} of ${shortId(event.id)}`),
  'distribution-round': (event) =>
    debug(
      `Gave ${countText(event.sent, 'chunk')} (${sizeText(event.bytes)}) away; ${event.belowTarget} have too few copies`,
    ),
  'asked-for': ({ operation }) => debug(`Asked for from elsewhere: ${printable(operation)}`),
  'actor-started': (event) => debug(`${printable(event.actor)} started`),
  'actor-ended': (event) => debug(`${printable(event.actor)} ended (${printable(event.code)})`),
  'actor-restarted': (event) =>
    warn(
      `${printable(event.actor)} failed (${printable(event.code)}) and was restarted, attempt ${event.attempt}`,
    ),
  ui: ({ url }) => always(`Page: open ${url} in a browser of this machine`),
  notice: ({ code, message }) =>
    warn(`${WARNINGS.has(code) ? 'Warning' : 'Note'}: ${printable(message)}`),
  error: (event) => always(`Error: ${printable(event.message)}`),
  bye: () => info('Goodbye.'),
};

/** @returns undefined for what is shown in another way (progress), or not at all. */
export function sentenceOf(event: PeerEvent, known: Known): Sentence | undefined {
  // The table has for each type the function of that type, which the compiler cannot follow through a lookup.
  const tell = TABLE[event.type] as (event: PeerEvent, known: Known) => Sentence | undefined;
  return tell(event, known);
}

const TRUST = {
  trusted: 'is trusted now',
  known: 'is known now',
  unknown: 'is unknown now',
  blocked: 'is blocked now',
} as const;

/** Whoever is met for the first time becomes known by itself. */
function trustChanged({ peerId, name, state }: Of<'trust-changed'>): Sentence {
  const text = `${name === '' ? shortId(peerId) : who(peerId, name)} ${TRUST[state]}`;
  return state === 'known' ? debug(text) : always(text);
}

function changed({ peerId, name, status, colour }: Of<'peer-changed'>): Sentence {
  const seen = colour === undefined ? '' : `, shown in ${colour}`;
  return info(`Now ${who(peerId, name)}${status === '' ? '' : `, ${printable(status)}`}${seen}`);
}

/** Whoever is asked sees for what, since nobody but him knows whom he is talking to. */
function verified({ peerId, name, words, asked }: Of<'verify'>): Sentence {
  const peer = whom({ to: peerId, name });
  const why = asked ? `Words to compare with ${peer}` : `${peer} wants to compare words`;
  const mend = 'Ask whose peer it is, by voice or in person: if it shows the very same,';
  return always(`${why}: ${words.join(' ')}\n  ${mend} \`trust ${shortId(peerId)}\``);
}

/** @returns the date where it was said long before now, as history shows it: else it would read as if just said. */
function whenLate({ sentAt }: MessageRow, now: number): string {
  return now - sentAt > LATE_MS ? `${dateText(sentAt)}  ` : '';
}

/** A message as a line: who, by key, and what; whatever it holds stays on that line. */
export function messageText({ id, from, name, text, to, toName, state }: MessageRow): string {
  const said = `${who(from, name)}${privately(to, toName, state)}: ${printable(text)}`;
  if (state === undefined) return said;
  // Whoever wants it back needs its id, and nobody else does.
  return `${said} (${state === 'waiting' ? `waiting, id ${shortId(id)}` : state})`;
}

/** What came in private is to this peer. */
function privately(to: string | undefined, name = '', state?: MessageRow['state']): string {
  if (to === undefined) return '';
  return state === undefined ? ' (private)' : ` (private, to ${whom({ to, name })})`;
}

function whom({ to, name }: { readonly to: string; readonly name: string }): string {
  return name === '' ? shortId(to) : who(to, name);
}

function described(share: Share): string {
  return `${printable(share.name)} (${sizeText(share.bytes)}, ${countText(share.chunks, 'chunk')}, id ${shortId(share.id)})`;
}

function who(peerId: string, name: string): string {
  return name === shortId(peerId) ? name : `${printable(name)} (${shortId(peerId)})`;
}

export function address(host: string, port: number): string {
  return hostPortText({ host: printable(host), port });
}

const always = (text: string): Sentence => ({ level: 'always', text });
const warn = (text: string): Sentence => ({ level: 'warn', text });
const info = (text: string): Sentence => ({ level: 'info', text });
const debug = (text: string): Sentence => ({ level: 'debug', text });
