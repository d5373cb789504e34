/** Ports that nobody else uses: away from the product's own, below the system's ephemeral ones. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { P2pError } from '#src/domain/errors.js';
import { PORTS_PER_PEER } from '#src/domain/ports.js';
import { requireFree } from '#src/io/free-ports.js';

export const HOST = '127.0.0.1';

/** 27460 and what follows is where peers without `--port` go; 32768 is where ephemeral ports begin. */
const FIRST = 28_000;
const LAST = 32_700;

/**
 * Of this range each of the runner's processes (as many as vitest.config.mjs has workers) has its own part: what
 * one has found free is not another's too.
 */
const PARTS = 4;
const PART_PORTS = Math.floor((LAST - FIRST) / PARTS / PORTS_PER_PEER) * PORTS_PER_PEER;
const part = (Number(process.env['VITEST_POOL_ID'] ?? 1) - 1) % PARTS;
const first = FIRST + part * PART_PORTS;

/** Whole test runs may be side by side as well: each begins somewhere else. */
let next = first + PORTS_PER_PEER * Math.floor(Math.random() * (PART_PORTS / PORTS_PER_PEER));

/** @returns a base port N; N to N+3 are free, and given to nobody else in this process. */
export async function freePeerBase(): Promise<number> {
  for (;;) {
    const base = advanced();
    try {
      await requireFree(HOST, base);
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
    if (await isFreeForDatagrams(port)) return port;
  }
}

function advanced(): number {
  next += PORTS_PER_PEER;
  if (next >= first + PART_PORTS) next = first;
  return next;
}

/** Peers share their discovery port: only binding it for oneself tells whether somebody has it. */
async function isFreeForDatagrams(port: number): Promise<boolean> {
  const socket = createSocket({ type: 'udp4', reuseAddr: false });
  const bound = new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false));
    socket.once('listening', () => resolve(true));
  });
  socket.bind(port);
  const isFree = await bound;
  socket.close();
  await once(socket, 'close');
  return isFree;
}
