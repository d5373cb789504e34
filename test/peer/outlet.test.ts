import { describe, expect, it } from 'vitest';
import type { Told } from '#src/peer/api.js';
import type { PeerEvent } from '#src/peer/events.js';
import { Outlet } from '#src/peer/outlet.js';

const notice = (code: string): PeerEvent => ({ type: 'notice', code, message: '' });

describe('the outlet', () => {
  it('holds what is told back until somebody listens, in order', () => {
    const outlet = new Outlet();
    outlet.tell(notice('a'));
    outlet.tell(notice('b'), 'ref');
    const heard: Told[] = [];
    outlet.events.subscribe((told) => heard.push(told));
    outlet.tell(notice('c'));
    expect(heard).toEqual([notice('a'), { ...notice('b'), ref: 'ref' }, notice('c')]);
  });

  it('tells listeners of one type at once and stops when they do', () => {
    const outlet = new Outlet();
    const codes: string[] = [];
    const stop = outlet.on('notice', ({ code }) => codes.push(code));
    outlet.on('error', ({ code }) => codes.push(code));
    outlet.tell(notice('a'));
    stop();
    outlet.tell(notice('b'));
    outlet.tell({ type: 'error', code: 'c', message: '' });
    expect(codes).toEqual(['a', 'c']);
  });

  it('does not throw when an error has no listener', () => {
    expect(() => new Outlet().tell({ type: 'error', code: 'c', message: '' })).not.toThrow();
  });

  it('completes after the last, for those who come late too', () => {
    const outlet = new Outlet();
    const ends: string[] = [];
    outlet.events.subscribe({ complete: () => ends.push('early') });
    outlet.close();
    outlet.events.subscribe({ complete: () => ends.push('late') });
    expect(ends).toEqual(['early', 'late']);
  });
});
