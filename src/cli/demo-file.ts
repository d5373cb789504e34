/** The demo's own tools: a file nobody has, its proof, and a port nobody uses. */
import { createHash, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { MiB } from '#src/domain/limits.js';

/** Random, so that no chunk equals another and nothing can be saved. */
export async function writeRandomFile(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for (let left = bytes; left > 0; left -= MiB)
      await file.write(randomBytes(Math.min(left, MiB)));
  } finally {
    await file.close();
  }
}

/** @returns SHA-256 in hexadecimal; chunks are proven with BLAKE3, so this proof shares no code with them. */
export async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path, { highWaterMark: MiB }))
    hash.update(part as Buffer);
  return hash.digest('hex');
}

/** @returns a discovery port of the demo's own, so that it meets no other peer of this network. */
export async function freeUdpPort(host: string): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, host);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}
