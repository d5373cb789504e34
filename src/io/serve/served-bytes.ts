/** The bytes that left since they were last told of, by content and peer. */
import type { ContentId, PeerId } from '#src/domain/ids.js';

/** Bytes of one content that left for one peer. */
export type ServedTo = {
  readonly id: ContentId;
  readonly peerId: PeerId;
  readonly bytes: number;
};

export class ServedBytes {
  #rows: ServedTo[] = [];

  /** In one second chunks of few contents leave for few peers. */
  add({ id, peerId, bytes }: ServedTo): void {
    const at = this.#rows.findIndex((row) => row.id === id && row.peerId === peerId);
    if (at === -1) this.#rows.push({ id, peerId, bytes });
    else this.#rows[at] = { id, peerId, bytes: bytes + (this.#rows[at]?.bytes ?? 0) };
  }

  /** @returns all of them, once. */
  take(): readonly ServedTo[] {
    const taken = this.#rows;
    this.#rows = [];
    return taken;
  }
}
