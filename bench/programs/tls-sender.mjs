/** The sending end of a bare TLS pipe: writes zeros as fast as one connection takes them, nothing else. */
import { createServer } from 'node:tls';

const { key, cert, bytes, ciphers } = JSON.parse(process.argv[2]);

/** As much as the product hands to a socket at once. */
const WRITE_BYTES = 1024 * 1024;
const piece = Buffer.alloc(WRITE_BYTES, 'p2p');

const server = createServer({ key, cert, minVersion: 'TLSv1.3', ciphers }, (socket) => {
  let left = bytes;
  const write = () => {
    while (left > 0) {
      const room = socket.write(left >= piece.length ? piece : piece.subarray(0, left));
      left -= Math.min(left, piece.length);
      if (!room) return;
    }
    socket.end();
  };
  socket.on('drain', write);
  write();
});
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ type: 'listening', port: server.address().port }));
});
