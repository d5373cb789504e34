/** Where another peer can be dialled, as people write it: HOST:PORT, an IPv6 address in brackets. */
import { PORTS_PER_PEER } from './ports.js';

export type HostPort = { readonly host: string; readonly port: number };

const IPV6 = /^\[([0-9a-fA-F:.]{2,45}(?:%[0-9A-Za-z_.-]{1,32})?)\]:(\d{1,5})$/;
/** A host name (RFC 1123, underscores tolerated) or an IPv4 address. */
const NAME = /^([0-9A-Za-z_](?:[0-9A-Za-z_.-]{0,251}[0-9A-Za-z_])?):(\d{1,5})$/;

/** The largest port there is. */
export const LAST_PORT = 65_535;

const LAST_BASE = LAST_PORT - (PORTS_PER_PEER - 1);

/** @returns the address, or undefined unless it is one and its port can be a peer's base N, or is at most `lastPort`. */
export function parseHostPort(text: string, lastPort = LAST_BASE): HostPort | undefined {
  const match = IPV6.exec(text) ?? NAME.exec(text);
  const host = match?.[1];
  const port = Number(match?.[2]);
  return host !== undefined && port >= 1 && port <= lastPort ? { host, port } : undefined;
}

/** @returns the address as `parseHostPort` takes it. */
export function hostPortText({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
