/**
 * Who this peer is: an Ed25519 key and a self-signed certificate, made at the first start and kept in the data
 * folder, readable by its owner only. The peer id is the hash of the public key, so that the certificate can be
 * made anew without becoming somebody else.
 */
import {
  createPrivateKey,
  createPublicKey,
  randomBytes,
  webcrypto,
  X509Certificate,
} from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { P2pError } from '#src/domain/errors.js';
import type { Instance, PeerId } from '#src/domain/ids.js';
import type { Credentials } from '#src/domain/peers/self.js';
import { peerIdOf } from '#src/wire/peer-id.js';
import { readSmallFile, writeSmallFile } from './small-file.js';

export type Identity = { readonly peerId: PeerId; readonly credentials: Credentials };

const DAY_MS = 86_400_000;

/** Clocks differ: valid from a day before it was made, for a time no machine outlives. */
const VALID_FROM_DAYS_AGO = 1;
const VALID_DAYS = 100 * 365;

/**
 * Reads the identity below `data`, or makes one.
 * @throws P2pError `damaged`: a key that is there but unreadable is never replaced in silence
 */
export async function openIdentity(data: string): Promise<Identity> {
  const path = identityFile(data);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const pem = await readSmallFile(path);
  if (pem !== undefined) return parseIdentity(pem, path);
  const made = await makeIdentity();
  await writeSmallFile(path, made.keyPem + made.certificatePem);
  return parseIdentity(made.keyPem + made.certificatePem, path);
}

/** @returns where the identity below `data` lies. */
export function identityFile(data: string): string {
  return join(data, 'identity', 'key.pem');
}

/** One that is kept nowhere, for who has no home yet. */
export async function passingIdentity(): Promise<Identity> {
  const { keyPem, certificatePem } = await makeIdentity();
  return parseIdentity(keyPem + certificatePem, 'memory');
}

/** @returns a mark for one start of a peer. */
export function newInstance(): Instance {
  return randomBytes(8).toString('hex') as Instance;
}

function parseIdentity(pem: string, path: string): Identity {
  try {
    const certificateAt = pem.indexOf('-----BEGIN CERTIFICATE-----');
    const keyPem = pem.slice(0, certificateAt);
    const certificatePem = pem.slice(certificateAt);
    const certificate = new X509Certificate(certificatePem);
    if (!certificate.checkPrivateKey(createPrivateKey(keyPem)))
      throw new Error('key and certificate differ');
    const spki = createPublicKey(keyPem).export({ type: 'spki', format: 'der' });
    return { peerId: peerIdOf(spki), credentials: { keyPem, certificatePem } };
  } catch (cause) {
    throw new P2pError(
      'damaged',
      `the identity in ${path} cannot be used: restore it from a backup, or move it away to become a new peer`,
      { cause },
    );
  }
}

/** Loaded here and not above: it is needed once in a peer's life. */
async function makeIdentity(): Promise<Credentials> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');

  const keys = (await webcrypto.subtle.generateKey('Ed25519', true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const now = Date.now();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=p2p',
      serialNumber: randomBytes(8).toString('hex'),
      notBefore: new Date(now - VALID_FROM_DAYS_AGO * DAY_MS),
      notAfter: new Date(now + VALID_DAYS * DAY_MS),
      keys,
      signingAlgorithm: 'Ed25519',
    },
    webcrypto,
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const keyPem = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  return {
    keyPem: keyPem.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificatePem: `${certificate.toString('pem')}\n`,
  };
}
