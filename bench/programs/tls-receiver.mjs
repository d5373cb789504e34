/** The receiving end of a bare TLS pipe: counts bytes, from the handshake to the last one. */
import { connect } from 'node:tls';

const { port, ciphers, onread } = JSON.parse(process.argv[2]);

/** What the product reads into with `onread`. */
const READ_BYTES = 256 * 1024;

let bytes = 0;
const take = (count) => {
  bytes += count;
};
const options = { host: '127.0.0.1', port, ciphers, rejectUnauthorized: false };
if (onread) options.onread = { buffer: Buffer.alloc(READ_BYTES), callback: take };
const socket = connect(options);
let begun = 0;
let cipher = '';
socket.once('secureConnect', () => {
  cipher = socket.getCipher().name;
  begun = performance.now();
});
if (!onread) socket.on('data', (piece) => take(piece.length));
socket.once('close', () => {
  console.log(JSON.stringify({ type: 'done', bytes, ms: performance.now() - begun, cipher }));
});
