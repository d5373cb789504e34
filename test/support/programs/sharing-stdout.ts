/** Two actors on one thread: the first ends, and then the other prints. */
import { createPool } from '#src/actor/pool-host.js';
import type * as Echo from '#test/support/actors/echo.js';

const ECHO = new URL('../actors/echo.js', import.meta.url);

const pool = createPool({ slots: 2, threads: 1 });
const [first, last] = [1, 2].map(() =>
  pool.start<Echo.Init, Echo.In, Echo.Out>(ECHO, { greeting: 'good day' }),
);
first?.stop();
await first?.exit;
last?.send({ type: 'print', text: 'from the last of two' });
last?.stop();
await last?.exit;
await pool.close();
