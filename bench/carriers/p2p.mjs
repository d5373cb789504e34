/** Our own streams over datagrams, bare: no TLS, no proof. The built product offers them to nobody but itself. */
import { dialDatagrams } from '../../dist/src/io/datagram/datagram-dial.js';
import { DatagramLines } from '../../dist/src/io/datagram/datagram-lines.js';
import { listenForDatagrams } from '../../dist/src/io/datagram/datagram-server.js';

/** Whoever dials asks, and is sent much: as a peer that fetches. @returns the port. */
export async function serve({ host, port, packetBytes }, onStream) {
  keepSmall(packetBytes);
  const server = await listenForDatagrams({ host, port, secret: 'bench', onStream });
  return server.port;
}

export function dial({ host, port, packetBytes }) {
  keepSmall(packetBytes);
  return dialDatagrams(host, port);
}

/** @returns what is worth knowing of how it went. */
export function factsOf(stream) {
  return { traffic: stream.connection.traffic };
}

/** The product takes what the interface carries; for a comparison its packets are as small as those of others. */
function keepSmall(packetBytes) {
  if (packetBytes === undefined) return;
  // oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
  const { open } = DatagramLines.prototype;
  DatagramLines.prototype.open = function openSmall(id, remoteId, token, options) {
    const datagramLimit = Math.min(options.datagramLimit, packetBytes);
    return open.call(this, id, remoteId, token, { ...options, datagramLimit });
  };
}
