/** Node's own datagrams with nothing above them: what any stream over them has at best. What is lost stays lost. */
import { createSocket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';

/** As ours: so many in a turn of the event loop, and as large buffers. */
const IN_TURN = 64;
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;

/** @returns the port. */
export async function serve({ host, port, packetBytes }, onStream) {
  const socket = await bound(host, port);
  const packet = Buffer.alloc(packetBytes, 'p2p');
  socket.once('message', (_, { address, port: back }) => {
    const stream = new EventEmitter();
    stream.write = () => {
      for (let sent = 0; sent < IN_TURN; sent += 1) socket.send(packet, back, address);
      setImmediate(() => stream.emit('drain'));
      return false;
    };
    stream.resume = () => {};
    onStream(stream);
  });
  return socket.address().port;
}

export async function dial({ host, port }) {
  const socket = await bound(host, 0);
  const stream = new EventEmitter();
  socket.on('message', (bytes) => stream.emit('data', bytes));
  stream.destroy = () => socket.close(() => stream.emit('close'));
  socket.send('go', port, host);
  return stream;
}

export function factsOf() {
  return {};
}

async function bound(host, port) {
  const socket = createSocket({ type: 'udp4', lookup: (name, _, found) => found(null, name, 4) });
  // It may be bound before `bind` returns, as nothing is looked up.
  const listening = once(socket, 'listening');
  socket.bind(port, host);
  await listening;
  socket.setRecvBufferSize(SOCKET_BUFFER_BYTES);
  socket.setSendBufferSize(SOCKET_BUFFER_BYTES);
  return socket;
}
