import { describe, expect, it } from 'vitest';
import type { Exit } from '#src/actor/actor.js';
import { superviseTree } from '#src/supervision/supervisor.js';
import type { Tree } from '#src/supervision/tree.js';
import { fakeActor } from '#test/support/fake-actor.js';
import { manualClock } from '#test/support/manual-clock.js';

const TREE: Tree = {
  groups: [
    {
      strategy: 'one-for-one',
      children: [
        { name: 'a', restart: 'permanent', shutdownMs: 2000 },
        { name: 'b', restart: 'permanent', shutdownMs: 2000 },
      ],
    },
  ],
};
const CRASH: Exit = { reason: 'failed', error: { code: 'io', message: 'Broken.' } };

/** Promises settle, and whatever they set off. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

function supervised() {
  const clock = manualClock();
  const lives = {
    a: [] as ReturnType<typeof fakeActor<string, string>>[],
    b: [] as ReturnType<typeof fakeActor<string, string>>[],
  };
  const begin = (name: 'a' | 'b') => () => {
    const life = fakeActor<string, string>();
    lives[name].push(life);
    return life.handle;
  };
  const supervisor = superviseTree(TREE, { start: { a: begin('a'), b: begin('b') }, clock });
  const facts: string[] = [];
  supervisor.facts.subscribe({
    next: (fact) => facts.push(`${fact.type} ${fact.actor}`),
    complete: () => facts.push('complete'),
  });
  supervisor.begin();
  return { clock, lives, supervisor, facts };
}

describe('a supervisor', () => {
  it('gives an actor one stream of what it says in all its lives', async () => {
    const { lives, supervisor } = supervised();
    const said: string[] = [];
    supervisor.out('a').subscribe((message) => said.push(message));
    lives.a[0]?.out.next('one');
    lives.a[0]?.end(CRASH);
    await settled();
    lives.a[1]?.out.next('two');
    expect(said).toEqual(['one', 'two']);
    expect(supervisor.restarts('a')).toBe(1);
    expect(supervisor.restarts('b')).toBe(0);
  });

  it('sends to the life that is, and drops what is sent between two', async () => {
    const { clock, lives, supervisor } = supervised();
    lives.a[0]?.end(CRASH);
    await settled();
    lives.a[1]?.end(CRASH);
    await settled();
    expect(supervisor.state('a')).toBe('restarting');
    supervisor.send('a', 'lost');
    clock.pass(100);
    supervisor.send('a', 'heard');
    expect(lives.a[2]?.heard).toEqual(['heard']);
  });

  it('says that an actor runs once it has turned its heartbeat', () => {
    const { clock, lives, supervisor } = supervised();
    lives.a[0]?.beat();
    expect(supervisor.state('a')).toBe('starting');
    clock.pass(500);
    expect(supervisor.actors()).toEqual([
      { actor: 'a', state: 'running', restarts: 0 },
      { actor: 'b', state: 'starting', restarts: 0 },
    ]);
  });

  it('replaces an actor that hangs within 5 s, and no other', async () => {
    const { clock, lives, facts } = supervised();
    lives.a[0]?.beat();
    for (let tick = 0; tick < 9; tick += 1) {
      lives.b[0]?.beat();
      clock.pass(500);
      await settled();
    }
    expect(lives.a[0]?.calls).toEqual(['kill']);
    expect(lives.a).toHaveLength(2);
    expect(lives.b).toHaveLength(1);
    expect(facts.slice(2)).toEqual(['actor-ended a', 'actor-restarted a']);
  });

  it('kills nobody because the process slept, running or starting', async () => {
    const { clock, lives } = supervised();
    lives.a[0]?.beat();
    for (let night = 0; night < 15; night += 1) {
      clock.sleep(8 * 3_600_000);
      clock.pass(500);
      await settled();
    }
    expect([lives.a.length, lives.b.length]).toEqual([1, 1]);
  });

  it('gives up after the fifth restart, stops the others, and says so', async () => {
    const { clock, lives, supervisor, facts } = supervised();
    for (let life = 0; life < 6; life += 1) {
      lives.a[life]?.end(CRASH);
      await settled();
      clock.pass(800);
    }
    expect(lives.a).toHaveLength(6);
    expect(facts.at(-1)).toBe('gave-up a');
    expect(lives.b[0]?.calls).toEqual(['stop']);
    lives.b[0]?.end({ reason: 'normal' });
    await supervisor.stop();
    expect(facts.slice(-2)).toEqual(['actor-ended b', 'complete']);
  });

  it('counts a start that throws as a failure', async () => {
    const supervisor = superviseTree(TREE, {
      start: {
        a: () => {
          throw new Error('cannot be cloned');
        },
        b: () => fakeActor<string, string>().handle,
      },
      clock: manualClock(),
    });
    const codes: string[] = [];
    supervisor.facts.subscribe((fact) => {
      if (fact.type === 'actor-ended') codes.push(fact.message);
    });
    supervisor.begin();
    expect(codes).toEqual(['cannot be cloned', 'cannot be cloned']);
  });

  it('watches what it adopts, tells of its end, and lets the name be used again', async () => {
    const { clock, supervisor, facts } = supervised();
    const request = fakeActor<string, string>();
    supervisor.adopt('request-1', request.handle);
    expect(() => supervisor.adopt('request-1', request.handle)).toThrow('lives already');
    request.beat();
    for (let tick = 0; tick < 9; tick += 1) clock.pass(500);
    await settled();
    expect(request.calls).toEqual(['kill']);
    expect(facts.slice(2)).toEqual(['actor-started request-1', 'actor-ended request-1']);
    supervisor.adopt('request-1', fakeActor<string, string>().handle);
    expect(supervisor.state('request-1')).toBe('starting');
  });

  it('kills who does not finish in time, and what is adopted after the end', async () => {
    const { clock, lives, supervisor } = supervised();
    const stopped = supervisor.stop();
    clock.pass(2000);
    await settled();
    expect(lives.b[0]?.calls).toEqual(['stop', 'kill']);
    clock.pass(2000);
    await stopped;
    expect(lives.a[0]?.calls).toEqual(['stop', 'kill']);
    const late = fakeActor<string, string>();
    supervisor.adopt('late', late.handle);
    expect(late.calls).toEqual(['kill']);
  });

  it('passes drills on, and says whether there was an actor to drill', () => {
    const { lives, supervisor } = supervised();
    expect(supervisor.hang('a')).toBe(true);
    expect(supervisor.kill('a')).toBe(true);
    expect(supervisor.kill('nobody')).toBe(false);
    expect(lives.a[0]?.calls).toEqual(['hang', 'kill']);
  });

  it('spares one at first where that is asked for, and ends with it', async () => {
    const { lives, supervisor, facts } = supervised();
    const done: string[] = [];
    void supervisor.stop('b').then(() => done.push('others'));
    expect([lives.a[0]?.calls, lives.b[0]?.calls]).toEqual([['stop'], []]);
    await settled();
    expect(done).toEqual([]);
    lives.a[0]?.end({ reason: 'normal' });
    await settled();
    expect(done).toEqual(['others']);
    supervisor.send('b', 'still heard');
    expect(lives.b[0]?.heard).toEqual(['still heard']);
    void supervisor.stop().then(() => done.push('all'));
    expect(lives.b[0]?.calls).toEqual(['stop']);
    lives.b[0]?.end({ reason: 'normal' });
    await settled();
    expect(done).toEqual(['others', 'all']);
    expect(facts.at(-1)).toBe('complete');
  });

  it('starts nobody again who was spared and fails meanwhile', async () => {
    const { lives, supervisor } = supervised();
    void supervisor.stop('b');
    lives.b[0]?.end(CRASH);
    lives.a[0]?.end({ reason: 'normal' });
    await supervisor.stop();
    expect([lives.a.length, lives.b.length]).toEqual([1, 1]);
  });
});
