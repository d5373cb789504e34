/** One torrent file for all rivals that want one. */
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** As the product cuts 1 GiB, so that nobody has smaller pieces to prove. */
const PIECE_BYTES = 1024 * 1024;

/** @returns its path. */
export async function createTorrent(file) {
  const { default: create } = await import('create-torrent');
  const torrent = await promisify(create)(file, { pieceLength: PIECE_BYTES, announceList: [] });
  writeFileSync(`${file}.torrent`, torrent);
  return `${file}.torrent`;
}
