import { array, assert, constantFrom, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Exit } from '#src/actor/actor.js';
import { isFinished, nextDue, step } from '#src/supervision/decision.js';
import { isAlive } from '#src/supervision/member.js';
import { type Effect, type Event, idle, type State } from '#src/supervision/state.js';
import type { Child, Group, Restart } from '#src/supervision/tree.js';

const CRASH: Exit = { reason: 'failed', error: { code: 'io', message: 'Broken.' } };
const NORMAL: Exit = { reason: 'normal' };

function group(strategy: Group['strategy'], names: string, restart: Restart = 'permanent'): Group {
  return {
    strategy,
    children: names.split(' ').map((name) => ({ name, restart, shutdownMs: 2000 })),
  };
}

/** A supervisor at play: says what it orders, in short. */
function play(...groups: readonly Group[]) {
  let state: State = idle({ groups });
  const happens = (event: Event, now = 0): readonly string[] => {
    const decision = step(state, event, now);
    state = decision.state;
    return decision.effects.map(inShort);
  };
  return {
    happens,
    exits: (name: string, now = 0, exit = CRASH) => happens({ type: 'exited', name, exit }, now),
    tick: (now: number) => happens({ type: 'tick' }, now),
    stop: (now = 0) => happens({ type: 'stop' }, now),
    state: () => state,
  };
}

function inShort(effect: Effect): string {
  if (effect.type === 'finish') return 'finish';
  if (effect.type !== 'tell') return `${effect.type} ${effect.name}`;
  const { fact } = effect;
  const detail =
    'attempt' in fact ? ` ${fact.code} ${fact.attempt}` : 'code' in fact ? ` ${fact.code}` : '';
  return `${fact.type} ${fact.actor}${detail}`;
}

describe('starting', () => {
  it('starts every actor in the order of the tree', () => {
    const tree = play(group('one-for-one', 'a b'), group('rest-for-one', 'c d'));
    expect(tree.happens({ type: 'begin' }).filter((effect) => effect.startsWith('start '))).toEqual(
      ['start a', 'start b', 'start c', 'start d'],
    );
  });

  it('counts a start that never says it started within 30 s as a failure', () => {
    const tree = play(group('one-for-one', 'a b'));
    tree.happens({ type: 'begin' }, 0);
    tree.happens({ type: 'started', name: 'b' }, 100);
    expect(tree.tick(29_999)).toEqual([]);
    expect(nextDue(tree.state())).toBe(30_000);
    expect(tree.tick(30_000)).toEqual(['kill a']);
    expect(
      tree.exits('a', 30_010, { reason: 'killed', error: { code: 'killed', message: '' } }),
    ).toEqual(['actor-ended a timed-out', 'start a', 'actor-restarted a timed-out 1']);
  });
});

describe('a failure', () => {
  it.each<[Restart, Exit, boolean]>([
    ['permanent', CRASH, true],
    ['permanent', NORMAL, true],
    ['transient', CRASH, true],
    ['transient', NORMAL, false],
    ['temporary', CRASH, false],
    ['temporary', NORMAL, false],
  ])('of a %s actor that ended %j is followed by a restart: %s', (restart, exit, restarts) => {
    const tree = play(group('one-for-one', 'a', restart));
    tree.happens({ type: 'begin' });
    expect(tree.exits('a', 0, exit).includes('start a')).toBe(restarts);
  });

  it('is answered after 0, 100, 200, 400 and 800 ms, and at the sixth in 30 s by giving up', () => {
    const tree = play(group('one-for-one', 'a b'));
    tree.happens({ type: 'begin' });
    let now = 0;
    for (const [index, delay] of [0, 100, 200, 400, 800].entries()) {
      const restart = ['start a', `actor-restarted a io ${index + 1}`];
      const atOnce = tree.exits('a', now);
      expect(atOnce).toEqual(['actor-ended a io', ...(delay === 0 ? restart : [])]);
      if (delay > 0) {
        expect(nextDue(tree.state())).toBe(now + delay);
        expect(tree.tick(now + delay - 1)).toEqual([]);
        expect(tree.tick(now + delay)).toEqual(restart);
      }
      now += delay;
    }
    expect(tree.exits('a', now)).toEqual(['actor-ended a io', 'gave-up a io', 'stop b']);
    expect(tree.exits('b', now, NORMAL)).toEqual(['actor-ended b normal', 'finish']);
  });

  it('leaves out at the sixth whom nothing rests on, and the others go on to their end', () => {
    const [child] = group('one-for-one', 'b').children as [Child];
    const desk = {
      strategy: 'one-for-one',
      children: [{ ...child, isDispensable: true }],
    } as const;
    const tree = play(group('one-for-one', 'a'), desk);
    tree.happens({ type: 'begin' });
    tree.happens({ type: 'started', name: 'a' });
    for (const now of [0, 100, 300, 700, 1500]) {
      tree.exits('b', now);
      tree.tick(now + 800);
    }
    expect(tree.exits('b', 3000)).toEqual(['actor-ended b io', 'left-out b io']);
    expect(tree.tick(60_000)).toEqual([]);
    expect(tree.exits('a', 60_000)).toContain('start a');
    expect(tree.stop(70_000)).toEqual(['stop a']);
    expect(tree.exits('a', 70_001, NORMAL)).toContain('finish');
  });

  it('is forgotten after 30 s, and counts for its own actor only', () => {
    const tree = play(group('one-for-one', 'a b'));
    tree.happens({ type: 'begin' });
    for (let round = 0; round < 100; round += 1) {
      expect(tree.exits('a', round * 30_000)).toContain('actor-restarted a io 1');
      expect(tree.exits('b', round * 30_000)).toContain('actor-restarted b io 1');
    }
  });

  it('of an actor that hangs is one that the supervisor makes itself', () => {
    const tree = play(group('one-for-one', 'a'));
    tree.happens({ type: 'begin' });
    tree.happens({ type: 'started', name: 'a' });
    expect(tree.happens({ type: 'hanging', name: 'a' })).toEqual(['kill a']);
    expect(tree.happens({ type: 'hanging', name: 'a' })).toEqual([]);
    expect(tree.exits('a')).toEqual([
      'actor-ended a hanging',
      'start a',
      'actor-restarted a hanging 1',
    ]);
  });
});

describe('rest-for-one', () => {
  it('stops those after the failed one, last first, then starts all again in order', () => {
    const tree = play(group('rest-for-one', 'a b c d'));
    tree.happens({ type: 'begin' });
    expect(tree.exits('b')).toEqual(['actor-ended b io', 'stop d']);
    expect(tree.tick(10)).toEqual([]);
    expect(tree.exits('d', 20, NORMAL)).toEqual(['actor-ended d normal', 'stop c']);
    expect(tree.exits('c', 30, NORMAL)).toEqual([
      'actor-ended c normal',
      'start b',
      'actor-restarted b io 1',
      'start c',
      'actor-restarted c sibling-failed 1',
      'start d',
      'actor-restarted d sibling-failed 1',
    ]);
  });

  it('kills a sibling that does not finish in time', () => {
    const tree = play(group('rest-for-one', 'a b'));
    tree.happens({ type: 'begin' });
    tree.exits('a');
    expect(tree.tick(1999)).toEqual([]);
    expect(tree.tick(2000)).toEqual(['kill b']);
    expect(tree.tick(9000)).toEqual([]);
    expect(tree.exits('b', 9001)).toContain('start a');
  });

  it('leaves other groups and those before alone', () => {
    const tree = play(group('rest-for-one', 'a b'), group('one-for-one', 'c d'));
    tree.happens({ type: 'begin' });
    expect(tree.exits('b')).toEqual(['actor-ended b io', 'start b', 'actor-restarted b io 1']);
    expect(tree.exits('c')).toEqual(['actor-ended c io', 'start c', 'actor-restarted c io 1']);
  });
});

describe('stopping', () => {
  it('asks in reverse start order, each when the one after it has ended, and kills who is late', () => {
    const tree = play(group('one-for-one', 'a b'), group('rest-for-one', 'c'));
    tree.happens({ type: 'begin' });
    expect(tree.stop(0)).toEqual(['stop c']);
    expect(tree.exits('c', 10, NORMAL)).toEqual(['actor-ended c normal', 'stop b']);
    expect(nextDue(tree.state())).toBe(2010);
    expect(tree.tick(2010)).toEqual(['kill b']);
    expect(tree.exits('b', 2020)).toEqual(['actor-ended b io', 'stop a']);
    expect(tree.exits('a', 2030)).toEqual(['actor-ended a io', 'finish']);
    expect(tree.stop(2040)).toEqual([]);
  });

  it('finishes at once when nothing was ever started', () => {
    expect(play(group('one-for-one', 'a')).stop()).toEqual(['finish']);
  });

  it('does not wait for a back-off', () => {
    const tree = play(group('one-for-one', 'a'));
    tree.happens({ type: 'begin' });
    tree.exits('a');
    tree.exits('a');
    expect(tree.stop()).toEqual(['finish']);
  });
});

describe('the adopted', () => {
  const adopt = (name: string): Event => ({
    type: 'adopted',
    child: { name, restart: 'temporary', shutdownMs: 500 },
  });

  it('are reported, killed when they hang, and never restarted', () => {
    const tree = play();
    tree.happens({ type: 'begin' });
    expect(tree.happens(adopt('x'))).toEqual(['actor-started x']);
    expect(tree.happens({ type: 'hanging', name: 'x' })).toEqual(['kill x']);
    expect(tree.exits('x')).toEqual(['actor-ended x hanging']);
    expect(tree.state().members).toEqual([]);
  });

  it('stop side by side, before what they rest on', () => {
    const tree = play(group('one-for-one', 'a'));
    tree.happens({ type: 'begin' });
    tree.happens(adopt('x'));
    tree.happens(adopt('y'));
    expect(tree.stop()).toEqual(['stop x', 'stop y']);
    expect(tree.exits('x', 1, NORMAL)).toEqual(['actor-ended x normal']);
    expect(tree.exits('y', 2, NORMAL)).toEqual(['actor-ended y normal', 'stop a']);
  });
});

describe('whatever happens', () => {
  const names = constantFrom('a', 'b', 'c', 'd');
  const happening = record({
    kind: constantFrom('crash', 'normal', 'started', 'hanging', 'tick' as const),
    name: names,
  });

  it('every actor can be stopped within its time, and nobody starts beside himself', () => {
    assert(
      property(array(happening, { maxLength: 60 }), (happenings) => {
        const tree = play(group('one-for-one', 'a', 'transient'), group('rest-for-one', 'b c d'));
        const alive = new Set<string>();
        const keep = (effects: readonly string[]) => {
          for (const effect of effects) {
            const [what, name = ''] = effect.split(' ');
            if (what !== 'start') continue;
            expect(alive.has(name)).toBe(false);
            alive.add(name);
          }
        };
        const end = (name: string, now: number, exit: Exit) => {
          if (alive.delete(name)) keep(tree.exits(name, now, exit));
        };
        keep(tree.happens({ type: 'begin' }));
        let now = 0;
        for (const { kind, name } of happenings) {
          now += 50;
          if (kind === 'crash') end(name, now, CRASH);
          else if (kind === 'normal') end(name, now, NORMAL);
          else if (kind === 'tick') keep(tree.tick(now));
          else keep(tree.happens({ type: kind, name }, now));
          expect(
            new Set(
              tree
                .state()
                .members.filter(isAlive)
                .map(({ child }) => child.name),
            ),
          ).toEqual(alive);
        }
        keep(tree.stop(now));
        for (let left = alive.size; left > 0; left -= 1) {
          now += 2000;
          const last = [...alive].toSorted().at(-1) ?? '';
          keep(tree.tick(now));
          end(last, now, NORMAL);
        }
        expect(isFinished(tree.state())).toBe(true);
      }),
    );
  });
});
