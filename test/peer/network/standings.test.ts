import { expect, it } from 'vitest';
import { NO_STANDING } from '#src/domain/peers/standing.js';
import { portsFrom } from '#src/domain/ports.js';
import { newInstance } from '#src/io/disk/identity.js';
import type { Crew } from '#src/peer/crew.js';
import { Standings } from '#src/peer/network/standings.js';
import { contactOf } from '#test/support/mesh-contacts.js';

function standings() {
  const sent: unknown[] = [];
  const send = (actor: string, message: object) => void sent.push([actor, message]);
  return { sent, standings: new Standings({ send } as Pick<Crew, 'send'>) };
}

it('discovery announces how the mesh stands, also in its next life, and nothing once the mesh began anew', () => {
  const { sent, standings: all } = standings();
  expect(all.own).toEqual(NO_STANDING);
  all.hearMesh({ type: 'standing-changed', load: 3, component: 9 });
  expect(all.own).toEqual({ load: 3, component: 9 });
  all.meshRestarted();
  expect(all.own).toEqual(NO_STANDING);
  expect(sent).toEqual([
    ['discovery', { type: 'set-standing', load: 3, component: 9 }],
    ['discovery', { type: 'set-standing', ...NO_STANDING }],
  ]);
});

it('the mesh hears of who announces himself, and not of who says goodbye', () => {
  const { sent, standings: all } = standings();
  const contact = contactOf(27_460);
  const { peerId, host, port } = contact;
  const rest = { host, ports: portsFrom(port), load: 4, component: 7, instance: newInstance() };
  for (const flag of ['start', 'alive', 'stop'] as const)
    all.hearDiscovery({ type: 'peer-heard', peerId, flag, ...rest });
  const told = ['mesh', { type: 'announced', contact, load: 4, component: 7 }];
  expect(sent).toEqual([told, told]);
});
