/** What every view needs: its peer, and how it speaks. */
import { createContext } from 'svelte';
import type { Cell, Readable } from '#web/model/cell.js';
import type { Confirming } from '#web/model/confirming.js';
import type { Preferences } from '#web/model/preferences.js';
import type { Sender } from '#web/model/sender.js';
import type { Session } from '#web/model/session.js';
import type { Speech } from '#web/text/texts.js';

export type PageContext = {
  readonly session: Session;
  readonly sender: Sender<Blob>;
  readonly speech: Readable<Speech>;
  readonly preferences: Cell<Preferences>;
  readonly confirming: Confirming;
};

export const [page, setPage] = createContext<PageContext>();
