import { describe, expect, it } from 'vitest';
import type { Crew } from '#src/peer/crew.js';
import type { Home } from '#src/peer/home.js';
import { Neighbours } from '#src/peer/neighbours.js';

describe('adding a peer by its address', () => {
  it('is refused once the own peer is closed', async () => {
    const crew = { send: () => undefined } as unknown as Crew;
    const neighbours = new Neighbours({} as Home, crew, () => undefined);
    neighbours.close();
    await expect(neighbours.add('127.0.0.1:4000')).rejects.toMatchObject({ code: 'closed' });
  });
});
