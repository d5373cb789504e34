/** Drafts as a sender makes them, in memory. */
import { encodeDraft, type Hint } from '#src/domain/content/draft.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import { blake3Of } from '#src/io/content/blake3.js';

const OFFER = '00112233445566778899aabbccddeeff' as OfferId;

/** @param hints in the order of the entries; a plain old file where one is missing. */
export function draftOf(manifest: Manifest, hints: readonly Hint[] = [], offer = OFFER): Manifest {
  const { kind, entries, layout } = manifest;
  const all = Array.from(
    { length: entries.count },
    (_, entry) => hints[entry] ?? { modifiedMs: 0, isExecutable: false },
  );
  return encodeDraft({ kind, entries, layout, hints: all, offer }, blake3Of);
}
