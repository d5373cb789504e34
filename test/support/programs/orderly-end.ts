/** Starts actors on both kinds of threads, lets them print, fail and hang, stops, and must then end by itself. */
import { createPool } from '#src/actor/pool-host.js';
import { startOnWorker } from '#src/actor/worker-host.js';
import { SYSTEM_CLOCK } from '#src/supervision/clock.js';
import { superviseTree } from '#src/supervision/supervisor.js';
import type * as Echo from '#test/support/actors/echo.js';

const ECHO = new URL('../actors/echo.js', import.meta.url);
const INIT: Echo.Init = { greeting: 'good day' };

/** Ten seconds of the clock below: one that was only just replaced ends late on a busy machine, but it ends. */
const SHUTDOWN_MS = 50_000;

const pool = createPool({ slots: 2 });
const supervisor = superviseTree(
  {
    groups: [
      {
        strategy: 'one-for-one',
        children: [
          { name: 'steady', restart: 'permanent', shutdownMs: SHUTDOWN_MS },
          { name: 'failing', restart: 'permanent', shutdownMs: SHUTDOWN_MS },
        ],
      },
    ],
  },
  {
    start: {
      steady: () => startOnWorker<Echo.Init, Echo.In, Echo.Out>(ECHO, INIT, { name: 'steady' }),
      failing: () => startOnWorker<Echo.Init, Echo.In, Echo.Out>(ECHO, INIT, { name: 'failing' }),
    },
    // Five times as fast, so that nobody waits for a hanging actor to be found.
    clock: {
      now: () => 5 * SYSTEM_CLOCK.now(),
      every: (ms, run) => SYSTEM_CLOCK.every(ms / 5, run),
      after: (ms, run) => SYSTEM_CLOCK.after(ms / 5, run),
    },
  },
);
supervisor.facts.subscribe((fact) => {
  console.log(JSON.stringify(fact));
  if (fact.type !== 'actor-restarted') return;
  if (fact.attempt === 1) supervisor.hang('failing');
  else void supervisor.stop().then(() => pool.close());
});
supervisor.begin();
const request = pool.start<Echo.Init, Echo.In, Echo.Out>(ECHO, INIT);
if (request !== undefined) {
  supervisor.adopt('request', request);
  request.send({ type: 'print', text: 'printed on a pool' });
}
supervisor.send('steady', { type: 'print', text: 'printed on a worker' });
supervisor.send('failing', { type: 'throw-later' });
