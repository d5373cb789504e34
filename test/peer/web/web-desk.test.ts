import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { P2pError } from '#src/domain/errors.js';
import { serveWeb } from '#src/peer/web/web-desk.js';
import type { SupervisionFact } from '#src/supervision/state.js';
import type * as Web from '#workers/web.js';

/** A peer of which a search never ends until the test says so, and the actor that asks it. */
function scene() {
  const said = new Subject<Web.Out>();
  const facts = new Subject<SupervisionFact>();
  const sent: Web.In[] = [];
  const taken: string[] = [];
  let found: (rows: readonly string[]) => void = () => undefined;
  let isOpen = true;
  const peer = {
    find: () => new Promise((resolve) => (found = resolve)),
    close: () => new Promise(() => undefined),
    list: async () => [],
  };
  const parts = {
    crew: { send: (_: string, order: Web.In) => sent.push(order), out: () => said, facts },
    bans: { all: [] },
    page: { taken: () => taken.push('port'), listening: () => undefined },
    outlet: { tell: () => undefined, watch: () => () => undefined },
    library: { contents: {} },
    home: { folders: { uploads: '/nowhere' } },
  };
  const life = {
    requireOpen() {
      if (!isOpen) throw new P2pError('closed', 'this peer has ended');
    },
  };
  serveWeb(peer as never, parts as never, life);
  const call = (operation: 'findContent' | 'listShares' | 'stop') =>
    said.next({ type: 'call', call: 1, operation, input: { name: 'film' } });
  const end = () => {
    isOpen = false;
  };
  const restart = () =>
    facts.next({ type: 'actor-restarted', actor: 'web', code: 'killed', attempt: 1 });
  return { sent, taken, facts, call, restart, end, find: (rows: readonly string[]) => found(rows) };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the desk behind the local API', () => {
  it('gives the next life of its actor no answer to what an earlier one asked under the same number', async () => {
    const { sent, call, restart, find } = scene();
    call('findContent');
    restart();
    call('listShares');
    find(['of the life before']);
    await settled();
    expect(sent).toEqual([{ type: 'answered', call: 1, answer: { items: [], total: 0 } }]);
  });

  it('does nothing any more once the peer ends; who asked for that is answered with the end', async () => {
    const { sent, call, end } = scene();
    end();
    call('stop');
    await settled();
    expect(sent).toEqual([]);
    call('listShares');
    await settled();
    expect(sent).toMatchObject([{ type: 'failed', error: { code: 'closed' } }]);
  });

  it('has the page served elsewhere where its port was taken between two lives', () => {
    const { facts, taken } = scene();
    const ended = { type: 'actor-ended', message: '' } as const;
    facts.next({ ...ended, actor: 'mesh', code: 'port-busy' });
    facts.next({ ...ended, actor: 'web', code: 'killed' });
    expect(taken).toEqual([]);
    facts.next({ ...ended, actor: 'web', code: 'port-busy' });
    expect(taken).toEqual(['port']);
  });
});
