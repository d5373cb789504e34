// Ben fetches a file from Anna, shows how far it is, and would give up after a minute.
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPeer } from 'p2p';

const folder = await mkdtemp(join(tmpdir(), 'p2p-example-'));
const film = join(folder, 'film.mkv');
const bytes = randomBytes(16 * 1024 * 1024);
await writeFile(film, bytes);
const quiet = { host: '127.0.0.1', discovery: { enabled: false } };
const anna = await createPeer({ ...quiet, name: 'anna', data: join(folder, 'anna') });
await anna.share(film);
const ben = await createPeer({ ...quiet, name: 'ben', data: join(folder, 'ben') });
try {
  await ben.add(`127.0.0.1:${anna.ports.mesh}`);

  const download = ben.download('film.mkv', { signal: AbortSignal.timeout(60_000) });
  download.progress.subscribe((event) => {
    if (event.type === 'download-progress') console.log(`${event.have} of ${event.chunks} chunks`);
  });
  const { path, sources } = await download;
  const isSame = bytes.equals(await readFile(path));
  console.log(`got ${sources[0].chunks} chunks, ${isSame ? 'the same bytes' : 'other bytes'}`);

  // A download that cannot be rejects with an error that says why, by its `code`.
  await ben.download('no such film').catch(({ code }) => console.log(`second one: ${code}`));
} finally {
  await ben.close();
  await anna.close();
  await rm(folder, { recursive: true });
}
