import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ADMISSION, Admission } from '#src/domain/admission.js';

function count(times: number, run: () => boolean): number {
  return Array.from({ length: times }, run).filter(Boolean).length;
}

describe('admission', () => {
  it('bounds the unproven of one address, and of all', () => {
    const admission = new Admission();
    expect(count(20, () => admission.arrive('192.0.2.1', 0))).toBe(ADMISSION.unprovenPerAddress);
    let address = 0;
    const all = count(200, () => {
      address += 1;
      return admission.arrive(`198.51.100.${address}`, 0);
    });
    expect(all).toBe(ADMISSION.unproven - ADMISSION.unprovenPerAddress);
  });

  it('bounds how many come from one address in a second', () => {
    const admission = new Admission();
    const comeAndGo = (now: number) => () => {
      const isIn = admission.arrive('192.0.2.1', now);
      if (isIn) admission.drop('192.0.2.1');
      return isIn;
    };
    expect(count(100, comeAndGo(500))).toBe(ADMISSION.newPerSecondPerAddress);
    expect(count(100, comeAndGo(1000))).toBe(ADMISSION.newPerSecondPerAddress);
  });

  it('lets one peer have four connections in a role', () => {
    const admission = new Admission();
    const join = () => admission.arrive('192.0.2.1', 0) && admission.prove('192.0.2.1', 'p link');
    expect(count(6, join)).toBe(ADMISSION.perPeerAndRole);
    expect(admission.connections).toBe(ADMISSION.perPeerAndRole);
    admission.leave('p link');
    expect(join()).toBe(true);
  });

  it.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])(
    'does not bound %s by its address: all peers of one machine share it',
    (address) => {
      const admission = new Admission();
      expect(count(100, () => admission.arrive(address, 0))).toBe(ADMISSION.unproven);
    },
  );

  it('is empty again once all have gone, whatever the order', () => {
    const visits = fc.array(fc.tuple(fc.nat(5), fc.boolean(), fc.nat(3)), { maxLength: 200 });
    fc.assert(
      fc.property(visits, (all) => {
        const admission = new Admission();
        const leaving: (() => void)[] = [];
        for (const [from, isProven, peer] of all) {
          const address = `192.0.2.${from}`;
          if (!admission.arrive(address, 0)) continue;
          const key = `${peer} link`;
          if (!isProven) leaving.push(() => admission.drop(address));
          else if (admission.prove(address, key)) leaving.push(() => admission.leave(key));
          expect(admission.connections).toBe(leaving.length);
        }
        for (const leave of leaving.toReversed()) leave();
        expect(admission.connections).toBe(0);
      }),
    );
  });
});
