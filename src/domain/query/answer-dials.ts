/**
 * Whom this peer dials only to answer his question. What a question says of addresses is the asker's word, and may be a
 * victim's: so few dials are made for one asker, to one host and in all, and not to places that mean another machine
 * here than there. Pure; time is monotonic, in milliseconds.
 */

import { mayPointTo } from '#src/domain/discovery/nearness.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Address } from '#src/domain/peers/peer-row.js';
import { type Bucket, type Rate, takeToken } from '#src/domain/rates/token-bucket.js';
import type { Query } from './query.js';

/** Whoever asks by hand is answered; 10,000 peers together dial one host 500 times a second at most. */
const RATE_OF_ONE: Rate = { perSecond: 1 / 20, burst: 5 };
/** Of all askers: a handshake costs both ends some 2 ms. */
const RATE_OF_ALL: Rate = { perSecond: 2, burst: 20 };

/** Askers and hosts that are remembered; who asked longest ago begins anew, within the rate of all. */
const MOST_REMEMBERED = 1024;

/** Below it are the services of others, and no peer that was not given rights to be there. */
const FIRST_OPEN_PORT = 1024;

/** Any of a private network: whoever is there may speak of public and private addresses. */
const PRIVATE_ADDRESS = '10.0.0.1';

export class AnswerDials {
  readonly #askers = new Map<string, Bucket>();
  readonly #hosts = new Map<string, Bucket>();
  #all: Bucket | undefined;

  /**
   * @param known where the asker was reached before: it wins over what he says
   * @param linked hosts of the peers linked with this one
   * @returns where to dial, the likeliest first; nowhere if it is too much
   */
  take(
    asker: PeerId,
    { port, hosts }: Pick<Query, 'port' | 'hosts'>,
    known: readonly Address[],
    linked: readonly string[],
    now: number,
  ): readonly Address[] {
    const told = hosts.map((host) => ({ host, port })).filter((at) => isBelieved(at, linked));
    const addresses = known.length > 0 ? known : told;
    if (addresses.length === 0) return [];
    const all = takeToken(this.#all, RATE_OF_ALL, now);
    if (all === undefined || !take(this.#askers, asker, now)) return [];
    this.#all = all;
    return addresses.filter(({ host }) => take(this.#hosts, host, now));
  }
}

/** What is nearer than a private network is somewhere else for everybody who is not there: all links are to be as near. */
function isBelieved({ host, port }: Address, linked: readonly string[]): boolean {
  if (port < FIRST_OPEN_PORT) return false;
  if (mayPointTo(PRIVATE_ADDRESS, host)) return true;
  return linked.length > 0 && linked.every((other) => mayPointTo(plainHost(other), host));
}

/** A name that was dialled by hand. */
function plainHost(host: string): string {
  return host === 'localhost' ? '127.0.0.1' : host;
}

function take(buckets: Map<string, Bucket>, key: string, now: number): boolean {
  const bucket = takeToken(buckets.get(key), RATE_OF_ONE, now);
  if (bucket === undefined) return false;
  buckets.delete(key);
  buckets.set(key, bucket);
  const [oldest] = buckets.keys();
  if (buckets.size > MOST_REMEMBERED && oldest !== undefined) buckets.delete(oldest);
  return true;
}
