/** What is written down of something that was received whole, with the receipt that its sender gets. */
import type { PeerId } from '#src/domain/ids.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import { versionOf } from '#src/domain/send/version.js';
import type { ReceiveRecord } from '#src/io/disk/database-rows.js';
import { signReceipt } from '#src/io/mesh/tell-signing.js';
import type { DownloadResult } from '#src/peer/api.js';
import type { Home } from '#src/peer/home.js';

type Arrived = Pick<DownloadResult, 'path' | 'id' | 'bytes' | 'files'>;

/** Its sender may say that it is another content by now: what failed is of this one. */
export function arrival(
  record: ReceiveRecord,
  { path, id, bytes, files = record.files }: Arrived,
  { self, credentials }: Pick<Home, 'self' | 'credentials'>,
) {
  const { offerId, from } = record;
  const sender = from as PeerId;
  const receipt = { offerId: offerId as OfferId, id, bytes, sender, at: Date.now() };
  const signed = Buffer.from(signReceipt(receipt, self, credentials)).toString('base64');
  const { failed = [], failedCount = 0 } = versionOf(record, id) ?? {};
  const came = { id, bytes, files, failed, failedCount } as const;
  return { state: 'received', ...came, path, receipt: signed } as const;
}
