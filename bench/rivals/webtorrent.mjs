/** WebTorrent: two Node processes, connected directly, with everything off that is not the transfer. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch } from '../run/child.mjs';
import { freshFolder, mustBeEqual } from '../run/scratch.mjs';

const program = (name) => fileURLToPath(new URL(`../programs/${name}.mjs`, import.meta.url));

/** @returns why it cannot be measured here, if so. */
export function webtorrentMissing() {
  try {
    import.meta.resolve('webtorrent');
    return undefined;
  } catch {
    return 'it could not be installed from the registry';
  }
}

/** From adding the torrent to `done`, which comes when all pieces are proven. Both clients listen before. */
export async function webtorrentDownload({ scratch, file, torrent }) {
  const seed = start('webtorrent-seed', [torrent, join(file, '..')]);
  const { port } = (await seed.when((line) => line.type === 'seeding')).value;
  const into = freshFolder(scratch, 'webtorrent');
  const fetcher = start('webtorrent-fetch', [torrent, into, String(port)]);
  await fetcher.when((line) => line.type === 'listening');
  fetcher.say('go');
  const { value } = await fetcher.when((line) => line.type === 'done');
  mustBeEqual(file, join(into, value.name));
  await Promise.all([seed.end(), fetcher.end()]);
  freshFolder(scratch, 'webtorrent');
  return { ms: value.ms };
}

function start(name, args) {
  return launch(process.execPath, [program(name), ...args], { label: name });
}
