import { describe, expect, it } from 'vitest';
import { awaitedOf, isWanting, standstillOf, withdrawalOf } from '#src/domain/send/standstill.js';

const ANNA = 'anna (fho2f6zr)';
const GIVEN = { isPaused: false, isLinked: true, isHisAlone: true };

describe('why nothing comes of what somebody sends', () => {
  it('is that he paused it, or is away and nobody else can give it', () => {
    expect(standstillOf(ANNA, GIVEN)).toBeUndefined();
    expect(standstillOf(ANNA, { ...GIVEN, isLinked: false })).toEqual({
      code: 'away',
      message: 'anna (fho2f6zr) is away: it goes on when he is back',
    });
    expect(standstillOf(ANNA, { ...GIVEN, isLinked: false, isHisAlone: false })).toBeUndefined();
    expect(standstillOf(ANNA, { ...GIVEN, isLinked: false, isPaused: true })).toEqual({
      code: 'paused',
      message: 'paused by anna (fho2f6zr)',
    });
  });

  it('for good is that he took it back, or has it no more', () => {
    expect(withdrawalOf(ANNA, 'cancelled')).toMatchObject({
      code: 'withdrawn',
      message: expect.stringContaining('anna (fho2f6zr) has taken it back'),
    });
    expect(withdrawalOf(ANNA, 'changed').message).toContain('does not have it any more');
  });

  it('is no failure where there was only nobody who gave it', () => {
    expect(['no-sources', 'timed-out', 'disk-full'].map((code) => isWanting({ code }))).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('why what is sent to somebody waits', () => {
  const BEN = 'ben (ybndrfg8)';

  it('is that he has not answered, or is away, and nothing that is known here else', () => {
    expect(awaitedOf(BEN, { isLinked: true, isAccepted: false })).toEqual({
      code: 'unanswered',
      message: 'ben (ybndrfg8) has not accepted it yet',
    });
    expect(awaitedOf(BEN, { isLinked: false, isAccepted: false })).toEqual({
      code: 'away',
      message: 'ben (ybndrfg8) is away: it is offered once he is back',
    });
    expect(awaitedOf(BEN, { isLinked: false, isAccepted: true })).toEqual({
      code: 'away',
      message: 'ben (ybndrfg8) is away: it goes on when he is back',
    });
    expect(awaitedOf(BEN, { isLinked: true, isAccepted: true })).toBeUndefined();
  });
});
