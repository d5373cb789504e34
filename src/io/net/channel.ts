/**
 * A proven channel: TLS 1.3 with a certificate on both sides, over a TCP socket or any other Duplex. Who the
 * other is follows from its key alone and is checked before one byte of ours is read or sent. In a private network both
 * prove then that they have its key.
 *
 * Sessions are never resumed: after a resumption the client is shown no certificate, so tickets are off and a
 * missing certificate is fatal.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls, TLSSocket } from 'node:tls';
import { P2pError } from '#src/domain/errors.js';
import { hostPortText } from '#src/domain/host-port.js';
import type { PeerId } from '#src/domain/ids.js';
import { ADMISSION } from '#src/domain/peers/admission.js';
import type { Credentials } from '#src/domain/peers/self.js';
import { dialDatagrams } from '#src/io/datagram/datagram-dial.js';
import type { End } from '#src/wire/network-proof.js';
import { peerIdOf } from '#src/wire/peer-id.js';
import { Feed } from './feed.js';
import { enterNetwork, otherNetwork } from './network-entry.js';
import { contextOf } from './secure-context.js';

/** In a private network another one: TLS itself parts those with a key from those without, before either has said a word. */
const ALPN = { open: 'p2p/1', private: 'p2p/1 private' } as const;

/** What a TLS client of Node's is told by who speaks none of its protocols. */
const NO_COMMON_PROTOCOL = 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL';

/** One TLS record: Node hands over no more at a time. */
const RECORD_BYTES = 16 * 1024;

export type Channel = {
  readonly peerId: PeerId;
  readonly remoteHost: string;
  readonly remotePort: number;
  /** The address of this machine that it uses; empty where that is not known. */
  readonly localHost: string;
  readonly socket: TLSSocket;
  /** Says who takes the bytes, each time valid during the call only. Until then nothing is read. */
  readonly read: (take: (bytes: Uint8Array) => void) => void;
};

export type DialOptions = {
  readonly host: string;
  readonly port: number;
  readonly credentials: Credentials;
  /** Any other identity is refused. */
  readonly expect?: PeerId;
  readonly timeoutMs?: number | undefined;
};

/**
 * Connects to a peer's port and proves who it is.
 * @throws P2pError `unreachable`, `timed-out`, `identity`, `network` or `protocol`
 */
export function dialChannel(options: DialOptions): Promise<Channel> {
  const socket = connectTcp({ host: options.host, port: options.port, noDelay: true });
  return clientChannel(socket, options);
}

/**
 * As `dialChannel`, over datagrams: for ways on which TCP crawls or does not get through.
 * @throws P2pError `unreachable`, `timed-out`, `identity`, `network` or `protocol`
 */
export async function dialDatagramChannel(options: DialOptions): Promise<Channel> {
  const { host, port, timeoutMs } = options;
  return clientChannel(await dialDatagrams(host, port, { patienceMs: timeoutMs }), options);
}

/**
 * As `dialChannel`, for much to read: into one buffer, which saves an allocation and a stream's bookkeeping a
 * TLS record. While it is paused nothing is read at all, so that even its end is seen only later.
 */
export function dialBulkChannel(options: DialOptions): Promise<Channel> {
  const { host, port } = options;
  const feed = new Feed();
  const onread = {
    buffer: Buffer.allocUnsafe(RECORD_BYTES),
    callback: (bytes: number, buffer: Uint8Array) => feed.take(buffer.subarray(0, bytes)),
  };
  // Node reads so only where TLS makes its TCP socket itself.
  const socket = connectTls({ ...asClient(options), host, port, onread } as ConnectionOptions);
  socket.setNoDelay(true);
  return clientProven(socket, feed, options);
}

/** The client's side of a channel over any Duplex. */
export function clientChannel(over: Duplex, options: DialOptions): Promise<Channel> {
  const socket = connectTls({ ...asClient(options), socket: over });
  // Before TLS's own listener, which would end it without a word of why.
  over.prependListener('error', (error) => socket.destroy(error));
  return clientProven(socket, new Feed(), options);
}

async function clientProven(socket: TLSSocket, feed: Feed, options: DialOptions): Promise<Channel> {
  const deadline = performance.now() + (options.timeoutMs ?? ADMISSION.handshakeMs);
  await settled(socket, 'secureConnect', deadline, hostPortText(options));
  return proven(socket, feed, 'client', deadline, options);
}

function asClient({ credentials }: DialOptions): ConnectionOptions {
  return { ...common(credentials), servername: '', checkServerIdentity: () => undefined };
}

/** The server's side of a channel over any Duplex, a fresh TCP connection most often. */
export async function serverChannel(over: Duplex, credentials: Credentials): Promise<Channel> {
  const socket = new TLSSocket(over, { ...common(credentials), isServer: true });
  over.on('error', (error) => socket.destroy(error));
  const { remoteAddress = '', remotePort = 0 } = over as Socket;
  const deadline = performance.now() + ADMISSION.handshakeMs;
  await settled(socket, 'secure', deadline, remoteAddress);
  const there = { host: remoteAddress, port: remotePort, credentials };
  return proven(socket, new Feed(), 'server', deadline, there);
}

function common(credentials: Credentials) {
  return {
    secureContext: contextOf(credentials),
    requestCert: true,
    // Certificates are self-signed: the pin check below is the judge, not a chain of trust.
    rejectUnauthorized: false,
    ALPNProtocols: [protocolOf(credentials)],
  } as const;
}

function protocolOf({ networkKey }: Credentials): string {
  return networkKey === undefined ? ALPN.open : ALPN.private;
}

/** Waits for the handshake; whatever else happens first ends the socket. */
function settled(socket: TLSSocket, event: string, deadline: number, whom: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(
      () => fail(new P2pError('timed-out', `${whom} did not finish the handshake in time`)),
      deadline - performance.now(),
    );
    socket.on('error', (cause) => fail(handshakeError(cause, whom)));
    // Over another stream TLS is closed before it says why.
    const ended = () =>
      socket.errored === null
        ? new P2pError('unreachable', `${whom} closed the connection`)
        : handshakeError(socket.errored, whom);
    socket.once('close', () => fail(ended()));
    socket.once(event, () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function proven(
  socket: TLSSocket,
  feed: Feed,
  end: End,
  deadline: number,
  address: DialOptions,
): Promise<Channel> {
  const peerId = checkedIdentity(socket, address);
  const { networkKey } = address.credentials;
  if (networkKey !== undefined) {
    const withinMs = deadline - performance.now();
    await enterNetwork(socket, feed, networkKey, { end, withinMs, whom: hostPortText(address) });
  }
  return {
    peerId,
    remoteHost: address.host,
    remotePort: address.port,
    localHost: socket.localAddress ?? '',
    socket,
    read: (take) => feed.open(socket, take),
  };
}

function checkedIdentity(socket: TLSSocket, address: DialOptions): PeerId {
  try {
    const peerId = identityOf(socket, protocolOf(address.credentials));
    if (address.expect !== undefined && peerId !== address.expect) {
      throw new P2pError(
        'identity',
        `${hostPortText(address)} is another peer than the one announced`,
      );
    }
    return peerId;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function identityOf(socket: TLSSocket, protocol: string): PeerId {
  if (socket.isSessionReused() || socket.alpnProtocol !== protocol) {
    throw new P2pError('protocol', 'a connection that does not speak this protocol');
  }
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) throw new P2pError('identity', 'a peer without a certificate');
  if (certificate.publicKey.asymmetricKeyType !== 'ed25519') {
    throw new P2pError('identity', 'a peer whose key is not Ed25519');
  }
  return peerIdOf(certificate.publicKey.export({ type: 'spki', format: 'der' }));
}

function handshakeError(cause: NodeJS.ErrnoException, whom: string): P2pError {
  if (cause.code === NO_COMMON_PROTOCOL) return otherNetwork(whom);
  return new P2pError('unreachable', `${whom} cannot be reached: ${reason(cause)}`, { cause });
}

function reason(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNREFUSED') return 'nothing listens there';
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return 'no such host';
  if (error.code === 'EHOSTUNREACH' || error.code === 'ENETUNREACH') return 'no way leads there';
  return error.message;
}
