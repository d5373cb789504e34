/** Fetches one torrent from one peer once told to go: TORRENT FOLDER PORT. */
import { readFileSync } from 'node:fs';
import { createClient } from './webtorrent-client.mjs';

const [, , torrentPath, folder, port] = process.argv;
const file = readFileSync(torrentPath);
const client = await createClient();
console.log(JSON.stringify({ type: 'listening' }));
process.stdin.once('data', () => {
  const begun = performance.now();
  const torrent = client.add(file, { path: folder });
  torrent.once('infoHash', () => torrent.addPeer(`127.0.0.1:${port}`));
  torrent.once('done', () => {
    const ms = performance.now() - begun;
    console.log(JSON.stringify({ type: 'done', ms, name: torrent.name }));
  });
});
