// Anna shares a file, Ben lists what there is: two peers in one program, on this machine alone.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPeer } from 'p2p';

const folder = await mkdtemp(join(tmpdir(), 'p2p-example-'));
const quiet = { host: '127.0.0.1', discovery: { enabled: false } };
const anna = await createPeer({ ...quiet, name: 'anna', data: join(folder, 'anna') });
await writeFile(join(folder, 'notes.txt'), 'bring cake');
const share = await anna.share(join(folder, 'notes.txt'));
console.log(`shared ${share.name}: ${share.bytes} bytes, id ${share.id.slice(0, 8)}`);

const ben = await createPeer({ ...quiet, name: 'ben', data: join(folder, 'ben') });
try {
  // Without announcements a peer is found by its address: its host and its base port.
  const { name } = await ben.add(`127.0.0.1:${anna.ports.mesh}`);
  for (const row of await ben.list()) {
    console.log(`${name} offers ${row.name}, ${row.have} of ${row.chunks} chunks are here`);
  }
} finally {
  await ben.close();
  await anna.close();
  await rm(folder, { recursive: true });
}
