import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { OperationId } from '#src/api/operations.js';
import { P2pError } from '#src/domain/errors.js';
import type { PeerEvent } from '#src/peer/events.js';
import { serveWeb } from '#src/peer/web/web-desk.js';
import type { SupervisionFact } from '#src/supervision/state.js';
import type * as Web from '#workers/web.js';

/** A peer that never comes to its end, and the actor that asks it. */
function scene() {
  const said = new Subject<Web.Out>();
  const facts = new Subject<SupervisionFact>();
  const sent: Web.In[] = [];
  const taken: string[] = [];
  const told: PeerEvent[] = [];
  let isOpen = true;
  const peer = {
    close: () => new Promise(() => undefined),
    list: async () => [],
  };
  const parts = {
    crew: { send: (_: string, order: Web.In) => sent.push(order), out: () => said, facts },
    bans: { all: [] },
    page: { taken: () => taken.push('port'), listening: () => undefined },
    outlet: { tell: (event: PeerEvent) => void told.push(event), watch: () => () => undefined },
    library: { contents: {} },
    home: { folders: { uploads: '/nowhere' } },
  };
  const life = {
    requireOpen() {
      if (!isOpen) throw new P2pError('closed', 'this peer has ended');
    },
  };
  serveWeb(peer as never, parts as never, life);
  const call = (operation: OperationId) =>
    said.next({ type: 'call', call: 1, operation, input: { name: 'film' } });
  const end = () => {
    isOpen = false;
  };
  return { sent, taken, told, facts, call, end };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the desk behind the local API', () => {
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

  it('leaves a trace of what was done from elsewhere, and none of what was looked at', () => {
    const { told, call } = scene();
    for (const operation of ['listShares', 'stop', 'markEvents'] as const) call(operation);
    expect(told).toEqual([{ type: 'asked-for', operation: 'stop' }]);
  });

  it('has the page served elsewhere where its port was taken between two lives', () => {
    const { facts, taken } = scene();
    const ended = { type: 'actor-ended', message: '' } as const;
    facts.next({ ...ended, actor: 'mesh', code: 'ui-port-busy' });
    facts.next({ ...ended, actor: 'web', code: 'killed' });
    expect(taken).toEqual([]);
    facts.next({ ...ended, actor: 'web', code: 'ui-port-busy' });
    expect(taken).toEqual(['port']);
  });
});
