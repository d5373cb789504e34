/** Our key and certificate as TLS takes them, read once on each thread. */
import { constants } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Credentials } from '#src/domain/peers/self.js';

/** AES-128 first: as safe as the 128 bits of our keys, and a quarter less work a byte than AES-256. */
const CIPHERS = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256';

type Own = Pick<Credentials, 'keyPem' | 'certificatePem'>;

/** A thread speaks for one peer. */
let made: (Own & { readonly context: SecureContext }) | undefined;

/**
 * Made once: whoever merely knocks would cost 0.7 ms of parsing each, and memory until it is collected. It is known by what
 * it was made of, since every request of a download comes to its thread with a copy of our credentials.
 */
export function contextOf({ keyPem, certificatePem }: Own): SecureContext {
  if (made?.keyPem === keyPem && made.certificatePem === certificatePem) return made.context;
  const context = createSecureContext({
    key: keyPem,
    cert: certificatePem,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ciphers: CIPHERS,
    secureOptions: constants.SSL_OP_NO_TICKET,
  });
  made = { keyPem, certificatePem, context };
  return context;
}
