/** What the mesh and discovery tell each other: how this peer stands in the mesh, and who announces how he does. */
import { NO_STANDING, type Standing } from '#src/domain/peers/standing.js';
import type { Crew } from '#src/peer/crew.js';
import type * as Discovery from '#workers/discovery.js';
import type * as Mesh from '#workers/mesh.js';

export class Standings {
  readonly #crew: Pick<Crew, 'send'>;
  #own = NO_STANDING;

  constructor(crew: Pick<Crew, 'send'>) {
    this.#crew = crew;
  }

  /** What a discovery that starts anew announces. */
  get own(): Standing {
    return this.#own;
  }

  hearMesh(said: Mesh.Out): void {
    if (said.type !== 'standing-changed') return;
    const { load, component } = said;
    this.#stand({ load, component });
  }

  hearDiscovery(said: Discovery.Out): void {
    if (said.type !== 'peer-heard' || said.flag === 'stop') return;
    const { peerId, host, ports, load, component } = said;
    const contact = { peerId, host, port: ports.mesh };
    this.#crew.send('mesh', { type: 'announced', contact, load, component });
  }

  /** The mesh began a new life: it has no neighbours yet. */
  meshRestarted(): void {
    this.#stand(NO_STANDING);
  }

  #stand(standing: Standing): void {
    this.#own = standing;
    this.#crew.send('discovery', { type: 'set-standing', ...standing });
  }
}
