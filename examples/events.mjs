// Everything a peer tells, as single events by type and as one stream, from its start to its goodbye.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPeer } from 'p2p';

const folder = await mkdtemp(join(tmpdir(), 'p2p-example-'));
const quiet = { host: '127.0.0.1', discovery: { enabled: false } };
const anna = await createPeer({ ...quiet, name: 'anna', data: join(folder, 'anna') });
// What was told before somebody listens is kept: the stream begins with the threads' start, before `ready`.
anna.events.subscribe({
  next: ({ type }) => console.log(`anna: ${type}`),
  complete: () => console.log('anna: that was all'),
});
const gone = new Promise((resolve) => {
  const stop = anna.on('peer-down', ({ reason }) => {
    stop();
    resolve(reason);
  });
});

const ben = await createPeer({ ...quiet, name: 'ben', data: join(folder, 'ben') });
await ben.add(`127.0.0.1:${anna.ports.mesh}`);
await ben.close();
console.log(`ben is gone: ${await gone}`);
await anna.close();
await rm(folder, { recursive: true });
