/** Peers of one user that are started without being told where: each finds a base, and a data folder, of its own. */
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { FIRST_PORT } from '#config/schema.js';
import { PORTS_PER_PEER } from '#src/domain/ports.js';
import { openDatabase } from '#src/io/disk/database.js';
import { defaultDataFolder, thisMachine } from '#src/io/disk/platform-folders.js';
import { newFolder } from '#test/support/folders.js';
import { HOST } from '#test/support/places.js';
import { startProgram } from '#test/support/program.js';

vi.setConfig({ testTimeout: 60_000 });

/** More than other programs of this machine have by chance: the first that is free is among them. */
const HELD = 8;

it('goes on to the next base where another peer, started in the same moment, has just opened the data folder', async () => {
  const home = newFolder();
  const env = { HOME: home, USERPROFILE: home, XDG_DATA_HOME: home, LOCALAPPDATA: home };
  const folderOf = (base: number) => defaultDataFolder({ ...thisMachine(), home }, env, base);
  const bases = Array.from({ length: HELD }, (_, at) => FIRST_PORT + at * PORTS_PER_PEER);
  const beyond = FIRST_PORT + HELD * PORTS_PER_PEER;
  const held = await Promise.all(
    bases.map((base) => {
      mkdirSync(folderOf(base), { recursive: true });
      return openDatabase(folderOf(base));
    }),
  );
  onTestFinished(async () => {
    for (const { database } of held) await database.close();
  });
  const config = join(home, 'peer.json');
  writeFileSync(config, JSON.stringify({ host: HOST, discovery: { enabled: false } }));
  const program = startProgram(['start', '--config', config, '--json'], { env });
  const { ports } = await program.heard.until('ready');
  expect((ports as { mesh: number }).mesh).toBeGreaterThanOrEqual(beyond);
  program.send('exit');
  expect(await program.exit).toMatchObject({ code: 0 });
});

it('says that the port of the page is taken, and looks for no other base for that', async () => {
  const home = newFolder();
  const env = { HOME: home, USERPROFILE: home, XDG_DATA_HOME: home, LOCALAPPDATA: home };
  const other = createServer().listen(0, HOST);
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const config = join(home, 'peer.json');
  const ui = { enabled: true, port };
  writeFileSync(config, JSON.stringify({ host: HOST, discovery: { enabled: false }, ui }));
  const program = startProgram(['start', '--config', config, '--json'], { env });
  expect(await program.exit).toMatchObject({ code: 69 });
  expect(program.stderr()).toContain(`ui.port: ${port} is taken`);
  expect(program.stderr()).not.toContain('no four free ports');
});
