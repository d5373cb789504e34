/** The supervised actors of one peer, as the rest of it speaks to them. */
import type { Supervisor } from '#src/supervision/supervisor.js';
import type { Starters } from './tree.js';

export type Crew = Supervisor<Starters>;
