import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { HOST } from '#test/support/places.js';

const MODULE = new URL('../../../src/io/datagram/datagram-port.js', import.meta.url).href;

/** Says last words through a socket, and whether that is closed when the thread ends. */
const THREAD = `
  import { parentPort, workerData } from 'node:worker_threads';
  import { openDatagramPort } from '${MODULE}';
  const at = { host: '${HOST}', port: 0, datagramBytes: 1200 };
  const [open, closed] = await Promise.all([openDatagramPort(at), openDatagramPort(at)]);
  const sayThrough = (port, words) => () => {
    const slot = port.slot();
    const { written } = new TextEncoder().encodeInto(words, slot.bytes);
    port.send(slot, written, { host: '${HOST}', port: workerData });
  };
  open.lastWords = sayThrough(open, 'last words');
  closed.lastWords = sayThrough(closed, 'of one that was closed');
  await closed.close();
  parentPort.on('message', () => {
    process.on('exit', () => {
      try {
        parentPort.postMessage(open.address.host);
      } catch {
        parentPort.postMessage('closed');
      }
    });
    process.exit(0);
  });
  parentPort.postMessage('open');
`;

it('a UDP socket says its last words and is closed when its thread ends itself', async () => {
  const hearing = createSocket('udp4');
  onTestFinished(() => void hearing.close());
  hearing.bind(0, HOST);
  await once(hearing, 'listening');
  const heard: string[] = [];
  const last = new Promise<void>((resolve) => {
    hearing.on('message', (bytes) => {
      heard.push(String(bytes));
      resolve();
    });
  });
  const url = new URL(`data:text/javascript,${encodeURIComponent(THREAD)}`);
  const worker = new Worker(url, { workerData: hearing.address().port });
  const said: unknown[] = [];
  worker.on('message', (word) => said.push(word));
  await once(worker, 'message');
  const gone = once(worker, 'exit');
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window.
  worker.postMessage('end');
  await Promise.all([gone, last]);
  expect(heard).toEqual(['last words']);
  expect(said).toEqual(['open', 'closed']);
});
