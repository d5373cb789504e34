/** What the user reads when discovery cannot do its work. It must never fail in silence. */
import type { ErrorRecord } from '#src/domain/errors.js';

/** @param failed why each interface refused; empty where there is none to use. */
export function muteTrouble(
  host: string,
  failed: readonly { readonly address: string; readonly code: string }[],
): ErrorRecord {
  const why =
    failed.length > 0
      ? failed.map(({ address, code }) => `${address} (${code})`).join(', ')
      : host === '0.0.0.0'
        ? 'this machine has no network interface with an IPv4 address'
        : host.includes(':')
          ? 'peers announce themselves over IPv4 only'
          : `this machine has no address ${host} at the moment`;
  return {
    code: 'unreachable',
    message: `No other peer can find this one: announcing failed everywhere: ${why}. It goes on trying; peers can be added by hand with \`add HOST:PORT\`.`,
  };
}

/** @param error what the system said when the shared port was to be opened. */
export function unboundTrouble(port: number, error: ErrorRecord): ErrorRecord {
  const busy = error.code === 'EADDRINUSE';
  const why = busy ? 'another program holds it for itself' : error.message;
  return {
    code: busy ? 'port-busy' : 'address-unavailable',
    message: `Cannot listen for other peers on UDP port ${port}: ${why}. It goes on trying; end that program or choose another discovery port for all peers.`,
  };
}

export const FLOOD_TROUBLE: ErrorRecord = {
  code: 'limit',
  message:
    'Somebody floods the network with announcements: most are ignored, so new peers may be found late.',
};

export const TWIN_TROUBLE: ErrorRecord = {
  code: 'identity',
  message:
    'Another peer on the network uses the same identity as this one: its data folder is probably a copy. Remove the copy or its identity, or neither will be reached reliably.',
};
