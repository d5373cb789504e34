/** The first message either way: who I am beyond my key, and what I speak. */
import { P2pError } from '#src/domain/errors.js';
import { type Instance, parseInstance } from '#src/domain/ids.js';
import { LIMITS } from '#src/domain/limits.js';
import type { Ports } from '#src/domain/ports.js';
import { type Fields, text, uint } from './fields.js';

/** What a connection is for; it is the same protocol on every port. */
export type Role = 'link' | 'transfer' | 'give' | 'status' | 'file' | 'tracker' | 'answer';

const ROLES: readonly string[] = [
  'link',
  'transfer',
  'give',
  'status',
  'file',
  'tracker',
  'answer',
];

/** The protocol versions this program speaks, oldest and newest. */
export const VERSIONS = { oldest: 1, newest: 1 } as const;

export type Hello = {
  readonly oldest: number;
  readonly newest: number;
  /** What the sender can do beyond the version; unknown words are ignored. */
  readonly features: readonly string[];
  readonly role: Role;
  readonly name: string;
  readonly ports: Ports;
  readonly instance: Instance;
};

const MOST_FEATURES = 32;
const FEATURE_BYTES = 32;

export function encodeHello(hello: Hello): object {
  const { mesh, transfer, distributor, receiver } = hello.ports;
  return {
    oldest: hello.oldest,
    newest: hello.newest,
    features: hello.features,
    role: hello.role,
    name: hello.name,
    ports: [mesh, transfer, distributor, receiver],
    instance: hello.instance,
  };
}

export function decodeHello(fields: Fields): Hello {
  return {
    oldest: fields.uint('oldest', 65_535),
    newest: fields.uint('newest', 65_535),
    features: features(fields.list('features')),
    role: fields.parsed('role', 16, (word) => (ROLES.includes(word) ? (word as Role) : undefined)),
    name: fields.text('name', LIMITS.peerNameBytes),
    ports: decodePorts(fields.list('ports')),
    instance: fields.parsed('instance', 16, parseInstance),
  };
}

/**
 * @returns the newest version both speak.
 * @throws P2pError `version`, naming both
 */
export function agreedVersion(theirs: Pick<Hello, 'oldest' | 'newest'>): number {
  const newest = Math.min(theirs.newest, VERSIONS.newest);
  if (newest >= Math.max(theirs.oldest, VERSIONS.oldest)) return newest;
  throw new P2pError(
    'version',
    `it speaks protocol ${theirs.oldest} to ${theirs.newest}, this program ${VERSIONS.oldest} to ` +
      `${VERSIONS.newest}: update the older of the two`,
  );
}

function decodePorts([mesh, transfer, distributor, receiver]: readonly unknown[]): Ports {
  return {
    mesh: port(mesh),
    transfer: port(transfer),
    distributor: port(distributor),
    receiver: port(receiver),
  };
}

function port(value: unknown): number {
  const number = uint(value, 'a port', 65_535);
  if (number === 0) throw new P2pError('protocol', 'a port is 0');
  return number;
}

function features(words: readonly unknown[]): readonly string[] {
  return words.slice(0, MOST_FEATURES).map((word) => text(word, 'a feature', FEATURE_BYTES));
}
