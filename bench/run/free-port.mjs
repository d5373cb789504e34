import { createServer } from 'node:net';

/** @returns a TCP port of loopback that is free now, for programs that cannot say which they took. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
