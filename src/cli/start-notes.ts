/** What stands below the flags in the help of `start`: every command there is, from their own table. */
import { commandsFor } from './commands/table.js';

/** Help is shown on 80 columns at most. */
const COLUMNS = 80;
const INDENT = '  ';
const BETWEEN = '   ';

/** A usage is never broken: it is typed as it stands. */
function usageLines(): string {
  const lines: string[] = [];
  for (const { usage } of commandsFor(false)) {
    const last = lines.at(-1);
    const longer = `${last}${BETWEEN}${usage}`;
    if (last !== undefined && longer.length <= COLUMNS) lines[lines.length - 1] = longer;
    else lines.push(`${INDENT}${usage}`);
  }
  return lines.join('\n');
}

export const START_NOTES = `
Commands while it runs, one a line; \`help\` says what each does:
${usageLines()}

Every setting can also come from the environment (P2P_PORT, P2P_SHARE, ...) or
from a JSON file (--config). Flags go first, then environment, file, defaults.
A private network's key comes from there alone: P2P_NETWORK_KEY_FILE.

Examples:
  p2p start --share ~/Public --downloads ~/Downloads
  p2p start --name kitchen --port 27460 --peer 192.168.1.5:27460
  p2p start --config config/peer.json --json`;
