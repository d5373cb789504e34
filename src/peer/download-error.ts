import { P2pError } from '#src/domain/errors.js';
import type { DownloadTrouble } from './api.js';

/** What a download rejects with: why, how much is here, and what could have been meant. */
export class DownloadError extends P2pError {
  readonly trouble: DownloadTrouble;

  constructor(trouble: DownloadTrouble) {
    super(trouble.code, trouble.message);
    this.trouble = trouble;
  }
}
