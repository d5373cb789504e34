// A peer as part of a program: it ends with the program's own signals, and says how it ended.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPeer, P2pError } from 'p2p';

const folder = await mkdtemp(join(tmpdir(), 'p2p-example-'));
const settings = { host: '127.0.0.1', discovery: { enabled: false }, data: join(folder, 'data') };
const peer = await createPeer(settings);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void peer.close());

// One data folder is one peer: a second is refused, with a code to match on and a sentence to show.
try {
  await createPeer(settings);
} catch (error) {
  if (!(error instanceof P2pError)) throw error;
  console.log(`refused: ${error.code}`);
}

setTimeout(() => void peer.close(), 200);
// Resolves whoever closed it: this program, a signal, or supervision that gave up (70).
console.log(`closed with ${await peer.closed}`);
await peer.close();
await rm(folder, { recursive: true });
