/** udx-native: streams over UDP of the Hyperswarm, in C. It knows no handshake: its ends have agreed on numbers. */
import UDX from 'udx-native';

const SOURCE = 1;
const SINK = 2;

/** What ours asks for; the kernel gives what it may. */
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;

/** @returns the port. */
export function serve({ host, port }, onStream) {
  const udx = new UDX();
  const socket = bound(udx, host, port);
  const stream = udx.createStream(SOURCE, {
    // Called at the first packet, from wherever it comes.
    firewall: (_, remotePort, remoteHost) => {
      if (!stream.connected) {
        stream.connect(socket, SINK, remotePort, remoteHost);
        onStream(stream);
      }
      return false;
    },
  });
  return socket.address().port;
}

export function dial({ host, port }) {
  const udx = new UDX();
  const socket = bound(udx, host === '127.0.0.1' ? host : '0.0.0.0', 0);
  const stream = udx.createStream(SINK);
  stream.connect(socket, SOURCE, port, host);
  stream.write(Buffer.from('go'));
  return stream;
}

/** @returns how large its packets were, as they arrived. */
export function factsOf({ bytesReceived, packetsReceived }) {
  return { packetBytes: bytesReceived / packetsReceived };
}

function bound(udx, host, port) {
  const socket = udx.createSocket();
  socket.bind(port, host);
  socket.setRecvBufferSize(SOCKET_BUFFER_BYTES);
  socket.setSendBufferSize(SOCKET_BUFFER_BYTES);
  return socket;
}
