import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ADMISSION, Admission } from '#src/domain/peers/admission.js';

type Guest = { readonly address: string };

function count(times: number, run: () => boolean): number {
  return Array.from({ length: times }, run).filter(Boolean).length;
}

describe('admission', () => {
  it('bounds the unproven of one address, and of all', () => {
    const admission = new Admission<Guest>();
    const arrive = (address: string) => admission.arrive({ address }, 0);
    const one = count(20, () => arrive('192.0.2.1').isTaken);
    expect(one).toBe(ADMISSION.unprovenPerAddress);
    for (let address = 0; address < 200; address += 1) arrive(`198.51.100.${address}`);
    expect(admission.connections).toBe(ADMISSION.unproven);
  });

  it('lets the longest unproven go for a newcomer, of the address that has most', () => {
    const admission = new Admission<Guest>();
    const arrive = (address: string) => {
      const guest = { address };
      return { guest, ...admission.arrive(guest, 0) };
    };
    const rare = arrive('192.0.2.1').guest;
    const many = Array.from({ length: ADMISSION.unproven - 1 }, () => arrive('127.0.0.1').guest);
    const newcomer = arrive('192.0.2.2');
    expect(newcomer).toMatchObject({ isTaken: true });
    expect(newcomer.instead).toBe(many[0]);
    expect(arrive('127.0.0.1').instead).toBe(many[1]);
    expect(admission.prove(rare, 'rare link')).toBe(true);
    expect(admission.connections).toBe(ADMISSION.unproven);
  });

  it('lets a proven one go only for an address that has fewer, and then the latest', () => {
    const admission = new Admission<Guest>();
    const join = (address: string, peer: number) => {
      const guest = { address };
      const arrival = admission.arrive(guest, 0);
      if (arrival.isTaken) admission.prove(guest, `${peer} link`);
      return { guest, ...arrival };
    };
    const crowd = Array.from({ length: ADMISSION.connections - 2 }, (_, peer) =>
      join('127.0.0.1', peer),
    );
    const pair = [join('192.0.2.1', 1000), join('192.0.2.1', 1001)];
    expect(join('127.0.0.1', 2000).isTaken).toBe(false);
    expect(join('192.0.2.2', 2001).instead).toBe(crowd.at(-1)?.guest);
    expect(pair.every(({ isTaken }) => isTaken)).toBe(true);
    expect(admission.connections).toBe(ADMISSION.connections);
  });

  it('refuses a newcomer to a house that is full of addresses with one connection each', () => {
    const admission = new Admission<Guest>();
    for (let peer = 0; peer < ADMISSION.connections; peer += 1) {
      const guest = { address: `192.0.2.${peer}` };
      admission.arrive(guest, 0);
      admission.prove(guest, `${peer} link`);
    }
    expect(admission.arrive({ address: '198.51.100.1' }, 0)).toEqual({ isTaken: false });
  });

  it('does not let one in who had to go before he was proven', () => {
    const admission = new Admission<Guest>();
    const first = { address: '127.0.0.1' };
    admission.arrive(first, 0);
    for (let n = 0; n < ADMISSION.unproven; n += 1) admission.arrive({ address: '127.0.0.1' }, 0);
    expect(admission.prove(first, 'p link')).toBe(false);
    expect(admission.connections).toBe(ADMISSION.unproven);
  });

  it('bounds how many come from one address in a second', () => {
    const admission = new Admission<Guest>();
    const comeAndGo = (now: number) => () => {
      const guest = { address: '192.0.2.1' };
      const { isTaken } = admission.arrive(guest, now);
      admission.leave(guest);
      return isTaken;
    };
    expect(count(100, comeAndGo(500))).toBe(ADMISSION.newPerSecondPerAddress);
    expect(count(100, comeAndGo(1000))).toBe(ADMISSION.newPerSecondPerAddress);
  });

  it('lets one peer have eight connections in a role', () => {
    const admission = new Admission<Guest>();
    const guests = Array.from({ length: 11 }, () => ({ address: '192.0.2.1' }));
    const join = (guest: Guest) =>
      admission.arrive(guest, 0).isTaken && admission.prove(guest, 'p link');
    expect(guests.slice(0, 10).filter(join)).toHaveLength(8);
    expect(admission.connections).toBe(8);
    for (const guest of guests.slice(0, 1)) admission.leave(guest);
    expect(guests.slice(10).filter(join)).toHaveLength(1);
  });

  it.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])(
    'does not bound %s by its address: all peers of one machine share it',
    (address) => {
      const admission = new Admission<Guest>();
      expect(count(100, () => admission.arrive({ address }, 0).isTaken)).toBe(100);
      expect(admission.connections).toBe(ADMISSION.unproven);
    },
  );

  it('is empty again once all have gone, whatever the order', () => {
    const visits = fc.array(fc.tuple(fc.nat(5), fc.boolean(), fc.nat(3)), { maxLength: 200 });
    fc.assert(
      fc.property(visits, (all) => {
        const admission = new Admission<Guest>();
        const here = new Set<Guest>();
        for (const [from, isProven, peer] of all) {
          const guest = { address: from === 0 ? '127.0.0.1' : `192.0.2.${from}` };
          const { isTaken, instead } = admission.arrive(guest, 0);
          if (instead !== undefined) here.delete(instead);
          if (isTaken) here.add(guest);
          if (isTaken && isProven && !admission.prove(guest, `${peer} link`)) here.delete(guest);
          expect(admission.connections).toBe(here.size);
        }
        for (const guest of [...here].toReversed()) admission.leave(guest);
        expect(admission.connections).toBe(0);
      }),
    );
  });
});
