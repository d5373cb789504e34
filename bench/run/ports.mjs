/** Ports for programs that neither choose one themselves nor say when they listen. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Short beside the start of any program. */
const ASKED_EVERY_MS = 10;

const LISTENING_WITHIN_MS = 10_000;

/** @returns a TCP port of loopback that is free now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** @throws when nobody takes connections there in time. */
export async function untilListening(port) {
  const until = performance.now() + LISTENING_WITHIN_MS;
  for (;;) {
    const socket = connect({ host: '127.0.0.1', port });
    const refused = await once(socket, 'connect').then(() => undefined, String);
    socket.destroy();
    if (refused === undefined) return;
    if (performance.now() > until) throw new Error(`port ${port}: ${refused}`);
    await pause(ASKED_EVERY_MS);
  }
}
