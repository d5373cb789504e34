/** Two machines on one switch, and a film. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from '#test/support/folders.js';
import { openLab } from './lab.js';
import { writeNoise } from './noise.js';
import { startPeer } from './peer-process.js';
import { ready, shared, up } from './waits.js';

/** Alice, who shares a film of so many bytes, and bob, on one network; both are ready and know each other. */
export async function filmHousehold(bytes: number) {
  const lab = await openLab();
  lab.bridge('net1');
  const folder = newFolder();
  const place = (name: string) => {
    mkdirSync(join(folder, name));
    return join(folder, name);
  };
  for (const [index, host] of ['alice', 'bob'].entries()) {
    lab.host(host);
    lab.plug(host, 'eth1', 'net1', `10.1.0.${index + 1}/24`);
  }
  const film = writeNoise(join(place('films'), 'film.bin'), bytes);
  const alice = startPeer(lab, 'alice', place('alice'), ['--share', film]);
  // Shared before bob comes, so that the film is on the first page he reads.
  await shared(alice);
  const bob = startPeer(lab, 'bob', place('bob'));
  await ready(bob);
  await Promise.all([up(bob, 'alice'), up(alice, 'bob')]);
  return { lab, place, film, alice, bob };
}
