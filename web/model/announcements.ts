/** What a screen reader is told: what the user waits for, gathered so that a busy network does not chatter. Pure. */
import type { PeerId } from '#src/domain/ids.js';
import type { Told } from '#src/peer/api.js';
import type { Speech } from '#web/text/texts.js';

export type Tidings = {
  readonly messages: number;
  /** Sentences about single things; the rest of a flood is left out. */
  readonly sentences: readonly string[];
};

export const NO_TIDINGS: Tidings = { messages: 0, sentences: [] };

/** More than somebody listens to at once. */
const MOST_SENTENCES = 3;

export function stepTidings(tidings: Tidings, event: Told, self: PeerId, speech: Speech): Tidings {
  switch (event.type) {
    case 'message':
      return event.from === self ? tidings : { ...tidings, messages: tidings.messages + 1 };
    case 'offer-received':
      if (event.isTaken) return tidings;
      return more(tidings, speech.text('say.offer', { from: event.fromName, name: event.name }));
    case 'download-completed':
      return more(tidings, speech.text('say.arrived', { name: event.name }));
    case 'download-failed':
      return more(tidings, speech.text('say.failed', { name: event.name }));
    default:
      return tidings;
  }
}

/** @returns undefined where there is nothing to say. */
export function spoken({ messages, sentences }: Tidings, speech: Speech): string | undefined {
  const said = messages > 0 ? [speech.counted('say.messages', messages)] : [];
  return [...said, ...sentences].join('. ') || undefined;
}

function more(tidings: Tidings, sentence: string): Tidings {
  return { ...tidings, sentences: [...tidings.sentences, sentence].slice(-MOST_SENTENCES) };
}
