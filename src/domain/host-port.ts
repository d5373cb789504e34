/** Where another peer can be dialled, as people write it: HOST:PORT, an IPv6 address in brackets. */
import { PORTS_PER_PEER } from './ports.js';

export type HostPort = { readonly host: string; readonly port: number };

const LAST_BASE = 65_535 - (PORTS_PER_PEER - 1);
const IPV6 = /^\[([0-9a-fA-F:.]{2,45}(?:%[0-9A-Za-z_.-]{1,32})?)\]:(\d{1,5})$/;
/** A host name (RFC 1123, underscores tolerated) or an IPv4 address. */
const NAME = /^([0-9A-Za-z_](?:[0-9A-Za-z_.-]{0,251}[0-9A-Za-z_])?):(\d{1,5})$/;

/** @returns the address, or undefined unless it is one and its port can be a peer's base N. */
export function parseHostPort(text: string): HostPort | undefined {
  const match = IPV6.exec(text) ?? NAME.exec(text);
  const host = match?.[1];
  const port = Number(match?.[2]);
  return host !== undefined && port >= 1 && port <= LAST_BASE ? { host, port } : undefined;
}
