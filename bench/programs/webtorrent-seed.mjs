/** Seeds one torrent whose file is whole: TORRENT FOLDER. */
import { readFileSync } from 'node:fs';
import { createClient } from './webtorrent-client.mjs';

const [, , torrentPath, folder] = process.argv;
const client = await createClient();
client.add(readFileSync(torrentPath), { path: folder }, (torrent) => {
  const seeding = () => console.log(JSON.stringify({ type: 'seeding', port: client.torrentPort }));
  // It hashes what lies there before it counts as whole.
  if (torrent.done) seeding();
  else torrent.once('done', seeding);
});
