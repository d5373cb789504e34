/** Lives a whole life through the library, in the folder it is given, and must then end by itself. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPeer } from '#src/peer.js';

const [, , folder = '', discoveryPort = '', base = ''] = process.argv;
const share = join(folder, 'share');
mkdirSync(share, { recursive: true });
writeFileSync(join(share, 'file'), 'shared by a program');
const settings = (name: string, port: number) => ({
  name,
  host: '127.0.0.1',
  port,
  data: join(folder, name),
  discovery: { port: Number(discoveryPort) },
  distribution: { intervalMs: 200 },
});
const owner = await createPeer({ ...settings('owner', Number(base)), share: [share] });
const asker = await createPeer(settings('asker', Number(base) + 4));
const added = new Promise((resolve) => asker.on('peer-up', resolve));
await added;
const done = await asker.download('file');
const codes = await Promise.all([owner.close(), asker.close()]);
const left = process.getActiveResourcesInfo().filter((kind) => !/Pipe|TTY|Immediate/.test(kind));
console.log(JSON.stringify({ bytes: done.bytes, codes, left }));
