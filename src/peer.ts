/**
 * A peer: the composition root and the public facade. It opens its home, starts the tree of actors, wires them
 * to what stands on the main thread, and answers its user. How it hangs together is in `peer/wiring.ts`.
 */
import type { Settings, SettingsInput } from '#config/load.js';
import { settingsFrom } from '#config/load.js';
import { FIRST_PORT, PORT_TRIES } from '#config/schema.js';
import { freeBase, type Listening, requireFree } from '#src/io/net/free-ports.js';
import { isTakenMeanwhile, openWhereAsked } from '#src/peer/network/asked-port.js';
import type { Peer } from './peer/api.js';
import { openNode } from './peer/node.js';

export type { Settings, SettingsInput } from '#config/load.js';
export { P2pError } from '#src/domain/errors.js';
export { DownloadError } from '#src/peer/downloads/download-error.js';
// biome-ignore lint/style/noRestrictedImports: what the functions above return.
export type { ParsedPacket } from '#src/wire/envelope.js';
// biome-ignore lint/style/noRestrictedImports: shown to users as it is; nothing here reads bytes.
export { createPacket, parsePacket, udpChecksum } from '#src/wire/envelope.js';
export type * from './peer/api.js';
export type * from './peer/events.js';
export type * from './peer/rows.js';
export type * from './peer/transfer-rows.js';

/** Other peers may take a base between looking and binding; then the next four are tried, as long as there are some. */
const RACES = PORT_TRIES;

/**
 * Starts a peer with these settings, the defaults where they say nothing, and resolves once all its ports are
 * bound. The environment is not looked at.
 * @throws P2pError `config`, `port-busy`, `ui-port-busy`, `address-unavailable`, `folder-unavailable`, `data-in-use`, `data-failed`,
 * `damaged`
 */
export async function createPeer(input: SettingsInput | Settings = {}): Promise<Peer> {
  const settings = settingsFrom(input);
  const at = { host: settings.host, withUdp: settings.transfer.transport !== 'tcp' };
  if (typeof settings.port === 'number') {
    await requireFree(at, settings.port);
    return openNode(settings, settings.port);
  }
  const peer = settings.port === 'auto' ? await openWhereAsked(settings, at) : undefined;
  return peer ?? openWhereFree(settings, at);
}

async function openWhereFree(settings: Settings, at: Listening): Promise<Peer> {
  let base: number | undefined;
  for (let race = 0; ; race += 1) {
    base = await freeBase(at, { first: FIRST_PORT, tries: PORT_TRIES }, base);
    try {
      return await openNode(settings, base);
    } catch (error) {
      if (!isTakenMeanwhile(error, settings) || race >= RACES) throw error;
    }
  }
}
