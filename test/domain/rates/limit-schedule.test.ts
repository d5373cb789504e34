import { describe, expect, it } from 'vitest';
import {
  limitsAt,
  parseScheduled,
  type ScheduledLimits,
} from '#src/domain/rates/limit-schedule.js';

function scheduled(...texts: readonly string[]): readonly ScheduledLimits[] {
  return texts.map((text) => {
    const one = parseScheduled(text);
    if (one === undefined) throw new Error(`${text} is no entry`);
    return one;
  });
}

const at = (hours: number, minutes = 0) => hours * 60 + minutes;

describe('limits by the time of day', () => {
  it('hold from the first minute to the last but one', () => {
    const day = scheduled('08:00-18:00 upload=1MB/s download=off');
    const limits = { upload: 1_000_000, download: null };
    expect(limitsAt(day, at(7, 59))).toEqual({});
    expect(limitsAt(day, at(8))).toEqual(limits);
    expect(limitsAt(day, at(17, 59))).toEqual(limits);
    expect(limitsAt(day, at(18))).toEqual({});
  });

  it('go on past midnight where they end before they begin, and may end at it', () => {
    const night = scheduled('22:30-06:00 peer=64KiB/s', '20:00-24:00 background=off');
    expect(limitsAt(night, at(23))).toEqual({ peer: 65_536, background: null });
    expect(limitsAt(night, at(0))).toEqual({ peer: 65_536 });
    expect(limitsAt(night, at(5, 59))).toEqual({ peer: 65_536 });
    expect(limitsAt(night, at(6))).toEqual({});
  });

  it('are those of the later entry where two overlap, kind by kind', () => {
    const both = scheduled('00:00-24:00 upload=1MB/s peer=off', '12:00-13:00 upload=off');
    expect(limitsAt(both, at(12))).toEqual({ upload: null, peer: null });
    expect(limitsAt(both, at(13))).toEqual({ upload: 1_000_000, peer: null });
  });

  it.each([
    '',
    '08:00-18:00',
    '8:00-18:00 upload=1MB/s',
    '08:00-08:00 upload=1MB/s',
    '24:00-08:00 upload=1MB/s',
    '08:60-18:00 upload=1MB/s',
    '08:00-24:01 upload=1MB/s',
    '08:00-18:00 upload=1Mb/s',
    '08:00-18:00 uplaod=1MB/s',
    '08:00-18:00 upload=1MB/s upload=off',
    '08:00-18:00  upload=1MB/s',
    '08:00 - 18:00 upload=1MB/s',
    '08:00-18:00 upload=0',
  ])('%j is none', (text) => {
    expect(parseScheduled(text)).toBeUndefined();
  });
});
