/** What the main thread knows of one peer, and of one address that has not (or not yet) proven to be one. */
import type { Instance, PeerId } from '#src/domain/ids.js';
import type { Colour } from './profile.js';

/** Where a peer is dialled: `port` is its base N. */
export type Address = { readonly host: string; readonly port: number };

/** A channel that stands, proven over TLS. */
export type Link = Address & {
  readonly instance: Instance;
  readonly dialled: boolean;
  readonly since: number;
};

/** When something is dialled next, and how often that has failed in a row. */
type Patience = { readonly failures: number; readonly dialAt: number | undefined };

export type Row = Patience & {
  readonly peerId: PeerId;
  /** As it was told over TLS, never as announced: anybody may announce. Empty until then. */
  readonly name: string;
  /** Of its user, as it tells over the link: empty where he is there. */
  readonly status: string;
  readonly colour?: Colour | undefined;
  /** Most recent first. */
  readonly addresses: readonly Address[];
  readonly instance: Instance | undefined;
  /** Heard and neither silent nor stopped since. */
  readonly announced: boolean;
  readonly link: Link | undefined;
  /** The user was told that it is up. */
  readonly told: boolean;
  /** Its link ended for want of a place, there or here: it is left in peace for long. */
  readonly isFull: boolean;
  /** When it was last heard or linked. */
  readonly seenAt: number;
  /** Since when it has been down for the user; undefined if it never was up. */
  readonly downAt: number | undefined;
};

export type Target = Patience &
  Address & {
    readonly origin: 'by-hand' | 'remembered';
    /** Who was here before. Only a remembered address insists on it: by hand, an address is meant. */
    readonly peerId: PeerId | undefined;
    /** Who waits for an answer to `add`. */
    readonly refs: readonly string[];
  };

/** Home, office, cable and radio: more addresses of one peer are rather somebody's invention. */
const ADDRESSES = 4;

export function newRow(peerId: PeerId, now: number): Row {
  return {
    peerId,
    name: '',
    status: '',
    addresses: [],
    instance: undefined,
    announced: false,
    link: undefined,
    told: false,
    isFull: false,
    seenAt: now,
    downAt: undefined,
    failures: 0,
    dialAt: undefined,
  };
}

export function addressKey({ host, port }: Address): string {
  return `${host}:${port}`;
}

export function sameAddress(a: Address, b: Address): boolean {
  return a.host === b.host && a.port === b.port;
}

/** @returns the addresses with this one in front. */
export function withAddress(list: readonly Address[], address: Address): readonly Address[] {
  return [address, ...list.filter((other) => !sameAddress(other, address))].slice(0, ADDRESSES);
}

export function withoutAddress(list: readonly Address[], address: Address): readonly Address[] {
  return list.filter((other) => !sameAddress(other, address));
}

const BACK_OFF_FIRST_MS = 1000;
/** A machine that was switched on again is back within a minute, and a dead one costs a SYN a minute. */
const BACK_OFF_LAST_MS = 60_000;

/**
 * @param failures in a row, at least 1. @param random in [0, 1).
 * @returns 1, 2, 4 ... 60 s, less up to a quarter, so that those who lost one peer do not return as one.
 */
export function backOffMs(failures: number, random: number): number {
  const full = Math.min(BACK_OFF_LAST_MS, BACK_OFF_FIRST_MS * 2 ** Math.min(failures - 1, 16));
  return full * (1 - random / 4);
}

/** Places come free slowly, and who needs a link to it asks for one: it may be an acquaintance again in ten minutes. */
const FULL_REST_MS = 600_000;

/** @param random in [0, 1). @returns when to dial again who had no place, or for whom there was none: 10 to 20 minutes. */
export function fullRestMs(random: number): number {
  return FULL_REST_MS * (1 + random);
}
