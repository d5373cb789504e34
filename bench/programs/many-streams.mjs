/**
 * One end of many bare streams of ours at once, for their memory: a listener, or with `port` a dialler, which opens `count` when
 * it is told `open`. Both say `open` once all are there. Told `flow` it writes or reads as fast as it can, told `stall`
 * it reads no more.
 */
import { createInterface } from 'node:readline';
import { dial, serve } from '../carriers/p2p.mjs';

const { port, count } = JSON.parse(process.argv[2]);
const HOST = '127.0.0.1';

/** As much as a chunk frame of the product has. */
const WRITE_BYTES = 256 * 1024;
const piece = Buffer.alloc(WRITE_BYTES, 'p2p');

const say = (line) => console.log(JSON.stringify(line));
const streams = [];

function keep(stream) {
  streams.push(stream);
  // The bench ends both processes when it has seen enough.
  stream.on('error', () => {});
  if (streams.length === count) say({ type: 'open' });
}

function write(stream) {
  while (stream.write(piece));
}

const orders = {
  async open() {
    for (let opened = 0; opened < count; opened += 1) keep(await dial({ host: HOST, port }));
  },
  flow() {
    for (const stream of streams) {
      if (port !== undefined) stream.on('data', () => {});
      else write(stream.on('drain', () => write(stream)));
    }
  },
  stall() {
    for (const stream of streams) stream.pause();
  },
};
createInterface({ input: process.stdin }).on('line', (order) => void orders[order]());

if (port === undefined) {
  say({ type: 'ready', port: await serve({ host: HOST, port: 0 }, keep) });
} else {
  say({ type: 'ready' });
}
