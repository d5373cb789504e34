/**
 * What a setting's value may be. Every kind is strict, because convict's own conversions are not (`5x` would
 * be 5, `0` true, `/a,b` two paths): a text becomes a value only where the whole text says so, and a value
 * from a file has to have the right type already.
 */
import { isIP } from 'node:net';
import { parseHostPort } from '#src/domain/host-port.js';
import { LIMITS } from '#src/domain/limits.js';
import { type NetworkKey, parseNetworkKey } from '#src/domain/network-key.js';
import { parseName } from '#src/domain/peers/profile.js';
import { parseScheduled } from '#src/domain/rates/limit-schedule.js';
import { LEAST_RATE, MOST_RATE } from '#src/domain/rates/rate.js';
import { parseTracker } from '#src/domain/tracker/tracker-address.js';
import { FLAG_BYTES } from '#src/domain/tracker/tracker-message.js';

export type Kind<T> = {
  /** Ends the sentence "it has to be ...". */
  readonly wants: string;
  readonly accepts: (value: unknown) => value is T;
  /** What a text from the environment or a flag means, still to be judged by `accepts`. */
  readonly parse: (text: string) => unknown;
  /** A better sentence than `wants` for a value that is refused on purpose. */
  readonly refusal?: (value: unknown) => string | undefined;
  /** What one entry of a list has to be; ends the sentence "that is not ...". */
  readonly each?: string;
  /** What parts the entries of a list in one environment variable. */
  readonly list?: 'path-delimiter' | 'comma';
  /** Never shown, whatever is wrong with it. */
  readonly secret?: true;
  /** Relative ones are resolved: in a file from its folder, elsewhere from the working directory. */
  readonly path?: true;
};

const NUMBER = /^\d{1,16}$/;

const asText = (text: string): unknown => text;
const asNumber = (text: string): unknown => (NUMBER.test(text) ? Number(text) : text);

export function wholeNumber(from: number, to: number, unit: string): Kind<number> {
  return {
    wants: `a whole number ${unit === '' ? '' : `of ${unit} `}from ${from} to ${to}`,
    accepts: (value): value is number =>
      typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to,
    parse: asNumber,
  };
}

/** A number, or the word that leaves it to others to find one. */
export function orAuto(kind: Kind<number>): Kind<number | 'auto'> {
  return {
    wants: `${kind.wants}, or auto`,
    accepts: (value): value is number | 'auto' => value === 'auto' || kind.accepts(value),
    parse: kind.parse,
  };
}

export const onOff: Kind<boolean> = {
  wants: 'true or false',
  accepts: (value): value is boolean => typeof value === 'boolean',
  parse: (text) => (text === 'true' ? true : text === 'false' ? false : text),
};

export function oneOf<const T extends string>(values: readonly T[]): Kind<T> {
  return {
    wants: `one of ${values.join(', ')}`,
    accepts: (value): value is T => (values as readonly unknown[]).includes(value),
    parse: asText,
  };
}

/** Accepts `null` as well, which in a file says "as by default"; a text never means it. */
export function orNull<T>(kind: Kind<T>): Kind<T | null> {
  return {
    ...kind,
    accepts: (value): value is T | null => value === null || kind.accepts(value),
  };
}

/** A name that other peers are told: short, and without what could play with their terminals. */
export const peerName: Kind<string> = {
  wants: `a text of 1 to ${LIMITS.peerNameBytes} bytes without control characters`,
  accepts: (value): value is string => typeof value === 'string' && parseName(value) !== undefined,
  parse: asText,
};

export const networkKey: Kind<NetworkKey> = {
  wants: '64 hexadecimal digits in lower case, as `p2p keygen` prints them',
  accepts: (value): value is NetworkKey =>
    typeof value === 'string' && parseNetworkKey(value) !== undefined,
  parse: asText,
  secret: true,
};

function isPath(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !value.includes('\0');
}

export const folder: Kind<string> = { wants: 'a path', accepts: isPath, parse: asText, path: true };

export const paths: Kind<readonly string[]> = {
  wants: 'a list of paths',
  each: 'a path',
  accepts: (value): value is readonly string[] => Array.isArray(value) && value.every(isPath),
  parse: asText,
  list: 'path-delimiter',
  path: true,
};

const WORD = 'a word of letters and digits in lower case';

export const words: Kind<readonly string[]> = {
  wants: `a list, each ${WORD}`,
  each: WORD,
  accepts: (value): value is readonly string[] =>
    Array.isArray(value) &&
    value.every((entry) => typeof entry === 'string' && /^[a-z0-9]{1,32}$/.test(entry)),
  parse: asText,
  list: 'comma',
};

const HOST_PORT = 'HOST:PORT, like 192.168.1.5:27460 or [fe80::1]:27460';

export const addresses: Kind<readonly string[]> = {
  wants: `a list of ${HOST_PORT}`,
  each: HOST_PORT,
  accepts: (value): value is readonly string[] =>
    Array.isArray(value) &&
    value.every((entry) => typeof entry === 'string' && parseHostPort(entry) !== undefined),
  parse: asText,
  list: 'comma',
};

/** Bytes a second; 0 is refused by its range, as nothing would ever move: that is what \`pause\` is for. */
export const rate: Kind<number> = wholeNumber(LEAST_RATE, MOST_RATE, 'bytes a second');

const SCHEDULED =
  'HH:MM-HH:MM and limits, like "08:00-18:00 upload=1MB/s download=off": local times, then one or more of upload, download, peer and background, each with ' +
  'a rate or off';

/** A week of different days would need days; a day has few changes. */
const MOST_SCHEDULED = 32;

export const limitSchedule: Kind<readonly string[]> = {
  wants: `a list of at most ${MOST_SCHEDULED} of ${SCHEDULED}`,
  each: SCHEDULED,
  accepts: (value): value is readonly string[] =>
    Array.isArray(value) &&
    value.length <= MOST_SCHEDULED &&
    value.every((entry) => typeof entry === 'string' && parseScheduled(entry) !== undefined),
  parse: asText,
  list: 'comma',
};

const TRACKER = 'HOST:PORT or ID@HOST:PORT, as `p2p tracker` shows it';

/** Each costs a connection, and one of them is enough to be found. */
const MOST_TRACKERS = 16;

export const trackers: Kind<readonly string[]> = {
  wants: `a list of at most ${MOST_TRACKERS} of ${TRACKER}`,
  each: TRACKER,
  accepts: (value): value is readonly string[] =>
    Array.isArray(value) &&
    value.length <= MOST_TRACKERS &&
    value.every((entry) => typeof entry === 'string' && parseTracker(entry) !== undefined),
  parse: asText,
  list: 'comma',
};

export const trackerFlag: Kind<string> = {
  wants: `a word of 1 to ${FLAG_BYTES} bytes without control characters`,
  accepts: (value): value is string =>
    typeof value === 'string' &&
    value !== '' &&
    Buffer.byteLength(value) <= FLAG_BYTES &&
    !/\p{Cc}|\p{Cs}/u.test(value),
  parse: asText,
  secret: true,
};

export const ipAddress: Kind<string> = {
  wants: 'an IPv4 or IPv6 address, like 0.0.0.0 or 192.168.1.5',
  accepts: (value): value is string => typeof value === 'string' && isIP(value) !== 0,
  parse: asText,
};
