/** The kernel's TCP, through Node. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** @returns the port. */
export async function serve({ host, port }, onStream) {
  const server = createServer((socket) => {
    server.close();
    onStream(socket);
  });
  server.listen(port, host);
  await once(server, 'listening');
  return server.address().port;
}

export function dial({ host, port }) {
  return connect({ host, port });
}

export function factsOf() {
  return {};
}
