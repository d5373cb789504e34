/** Ports that nobody else uses: away from the product's own, below the system's ephemeral ones. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { P2pError } from '#src/domain/errors.js';
import { PORTS_PER_PEER } from '#src/domain/ports.js';
import { requireFree } from '#src/io/net/free-ports.js';

export const HOST = '127.0.0.1';

/** 27450 and what follows is the product's own; here nothing is that systems use by themselves. */
const FIRST = 20_000;
const LAST = 27_400;

/**
 * What one process has found free must not be another's too before its peer has started. So each of the runner's
 * processes, of this run and of others side by side, has its own part: as many as eight runs have, with more ports
 * in each than any test has at a time.
 */
const PARTS = 32;
const PART_PORTS = Math.floor((LAST - FIRST) / PARTS / PORTS_PER_PEER) * PORTS_PER_PEER;

/** The last of a part says for as long as the process lives that it is taken. */
const first = await ownPart();
const end = first + PART_PORTS - PORTS_PER_PEER;
let next = first;

async function ownPart(): Promise<number> {
  for (let part = 0; part < PARTS; part += 1) {
    const begin = FIRST + part * PART_PORTS;
    const sign = await boundTo(begin + PART_PORTS - 1);
    sign?.unref();
    if (sign !== undefined) return begin;
  }
  throw new Error(`more than ${PARTS} processes test here at once`);
}

/** @returns a base port N; N to N+3 are free, and given to nobody else in this process. */
export async function freePeerBase(): Promise<number> {
  for (;;) {
    const base = advanced();
    try {
      await requireFree({ host: HOST, withUdp: true }, base);
      return base;
    } catch (error) {
      if (!(error instanceof P2pError) || error.code !== 'port-busy') throw error;
    }
  }
}

/** @returns a UDP port for one network's announcements. */
export async function freeDiscoveryPort(): Promise<number> {
  for (;;) {
    const port = advanced();
    const socket = await boundTo(port);
    if (socket === undefined) continue;
    socket.close();
    await once(socket, 'close');
    return port;
  }
}

function advanced(): number {
  next += PORTS_PER_PEER;
  if (next >= end) next = first;
  return next;
}

/** Peers share their discovery port: only binding it for oneself tells whether somebody has it. */
async function boundTo(port: number): Promise<Socket | undefined> {
  const socket = createSocket({ type: 'udp4', reuseAddr: false });
  const bound = new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false));
    socket.once('listening', () => resolve(true));
  });
  socket.bind(port);
  if (await bound) return socket;
  socket.close();
  return undefined;
}
