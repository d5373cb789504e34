/**
 * What this machine's Node can carry over TLS at all: two processes, one connection, no disk, no hash, nothing
 * proven. The ceiling that our downloads are measured against.
 */
import { fileURLToPath } from 'node:url';
import { launch } from '../run/child.mjs';
import { cpuSeconds } from '../run/usage.mjs';

const program = (name) => fileURLToPath(new URL(`../programs/${name}.mjs`, import.meta.url));

/** @param {{ credentials: { keyPem: string, certificatePem: string }, bytes: number, onread?: boolean, ciphers?: string }} options */
export async function tlsPipe(options) {
  const { bytes, ciphers, onread = false } = options;
  const { keyPem: key, certificatePem: cert } = options.credentials;
  const sender = start('tls-sender', { key, cert, bytes, ciphers });
  const { port } = (await sender.when((line) => line.type === 'listening')).value;
  const receiver = start('tls-receiver', { port, ciphers, onread });
  const { value } = await receiver.when((line) => line.type === 'done');
  if (value.bytes !== bytes)
    throw new Error(`the TLS pipe carried ${value.bytes} of ${bytes} bytes`);
  const senderCpuSeconds = cpuSeconds(sender.pid);
  await sender.end();
  await receiver.gone;
  return { ms: value.ms, cipher: value.cipher, senderCpuSeconds };
}

function start(name, options) {
  const args = [program(name), JSON.stringify(options)];
  return launch(process.execPath, args, { label: name });
}
