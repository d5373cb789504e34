/**
 * Who may ask the local API: by TCP whoever has the token, from this machine and from a page of ours alone; by the control
 * socket whoever may open it. Pure. A name that leads to this machine by a trick of DNS is not in the list of hosts, and a
 * page of another origin says so itself (Transmission, Tailscale and Vite were each taken over by leaving one of both out).
 */
import { createHash, timingSafeEqual } from 'node:crypto';

/** What a request says of itself, headers in lower case. */
export type Asked = {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** Told by browsers alone: whether a page of ours asks. */
  readonly fetchSite: string | undefined;
  readonly authorization: string | undefined;
};

export type Refusal = { readonly status: 401 | 403; readonly message: string };

/** What a client of the control socket calls the other end. */
export const CONTROL_HOST = 'p2p';

const SAME_SITE: ReadonlySet<string> = new Set(['same-origin', 'none']);

/** @param port where the page is served. @returns why it is refused, if it is; the token is judged by `judgeToken`. */
export function judgeOrigin(asked: Asked, port: number): Refusal | undefined {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (asked.host === undefined || !hosts.includes(asked.host)) {
    return refused(`this is 127.0.0.1:${port}, and answers to no other name`);
  }
  if (asked.origin !== undefined && asked.origin !== `http://${asked.host}`) {
    return refused('another page may not ask this one');
  }
  if (asked.fetchSite !== undefined && !isOwnSite(asked)) {
    return refused('another page may not ask this one');
  }
  return undefined;
}

/** A link to the page may be anywhere: that only shows it, and what it does needs the token. */
function isOwnSite({ fetchSite = '', method }: Asked): boolean {
  return SAME_SITE.has(fetchSite) || (fetchSite === 'cross-site' && method === 'GET');
}

/** The control socket can be opened by its owner alone; a browser, which cannot, says where it comes from. */
export function judgeControl({ host, origin }: Asked): Refusal | undefined {
  if (host === CONTROL_HOST && origin === undefined) return undefined;
  return refused('the control socket is for `p2p ctl`');
}

export function judgeToken({ authorization = '' }: Asked, token: string): Refusal | undefined {
  const [scheme = '', given = ''] = authorization.split(' ');
  if (scheme.toLowerCase() === 'bearer' && isSame(given, token)) return undefined;
  const message = 'the token is missing or old: open the address that `p2p start --ui` prints';
  return { status: 401, message };
}

/** In a time that says nothing about how much of it was right. */
function isSame(one: string, other: string): boolean {
  return timingSafeEqual(digestOf(one), digestOf(other));
}

function digestOf(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}

function refused(message: string): Refusal {
  return { status: 403, message };
}
