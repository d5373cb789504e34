import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { Reception } from '#src/domain/mesh/reception.js';
import type { QueryId } from '#src/domain/query/query.js';
import { GossipJudge, type JudgeOptions } from '#src/io/mesh/gossip-judge.js';
import { announcerKey } from '#src/wire/announcement.js';
import { messageIdOf, openMessage, type Said, signMessage } from '#src/wire/signed-message.js';

function author() {
  const { privateKey } = generateKeyPairSync('ed25519');
  const key = announcerKey(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
  return (sequence: number, said: Said, sentAt = Date.now()) => {
    const payload = signMessage({ epoch: 1, sequence, sentAt, name: 'anna', said }, key);
    return { payload, id: messageIdOf(payload) };
  };
}

const question: Said = {
  kind: 'query',
  query: {
    id: '0'.repeat(32) as QueryId,
    asked: { about: 'topology' },
    hops: 16,
    withinMs: 0,
    port: 27_460,
    hosts: ['10.0.0.1'],
  },
};

/** Of a peer that says nothing itself, unless told, and is linked with everybody. */
function judgeOf(
  self = 'nobody' as PeerId,
  trusted?: PeerId,
  others: Partial<JudgeOptions> = {},
): GossipJudge {
  const isTrusted = (peer: PeerId) => peer === trusted;
  const all = { isTrusted, isLinked: () => true, warn: () => undefined, ...others };
  return new GossipJudge(new Reception(), self, all);
}

const say = (text: string): Said => ({ kind: 'say', text });

describe('a message from the mesh', () => {
  it('counts once, however often and in whatever copy its author signed its number', () => {
    const judge = judgeOf();
    const signed = author();
    const { id, payload } = signed(1, say('one'));
    expect(judge.judge(id, payload, 0)).toMatchObject({ sequence: 1, said: say('one') });
    expect(judge.judge(id, payload, 0)).toBeUndefined();
    expect(judge.judgeMissed(payload)).toMatchObject({ isNew: false });
    const twin = signed(1, say('another one'));
    expect(judge.judge(twin.id, twin.payload, 0)).toBeUndefined();
  });

  it('that was damaged on its way does not keep the sound one out (go-libp2p-pubsub #155)', () => {
    const judge = judgeOf();
    const { id, payload } = author()(1, say('one'));
    const forged = Uint8Array.from(payload);
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    expect(() => judge.judge(id, forged, 0)).toThrow(/wrong id/);
    expect(() => judge.judge(messageIdOf(forged), forged, 0)).toThrow(/did not sign/);
    expect(judge.judge(id, payload, 0)).toBeDefined();
  });

  it('is not one where it was meant for one peer alone', () => {
    const judge = judgeOf();
    const { id, payload } = author()(1, {
      kind: 'tell',
      text: 'psst',
      to: 'a'.repeat(52) as PeerId,
    });
    expect(() => judge.judge(id, payload, 0)).toThrow(/private/);
  });

  it('is heard from one author 20 times a second, and of another meanwhile', () => {
    const judge = judgeOf();
    const [loud, other] = [author(), author()];
    let heard = 0;
    for (let sequence = 1; sequence <= 150; sequence += 1) {
      const { id, payload } = loud(sequence, say('me'));
      if (judge.judge(id, payload, 0) !== undefined) heard += 1;
    }
    expect([heard, judge.tooMany]).toEqual([100, 50]);
    const { id, payload } = other(1, say('hello'));
    expect(judge.judge(id, payload, 0)).toBeDefined();
    const later = loud(151, say('me'));
    expect(judge.judge(later.id, later.payload, 1000)).toBeDefined();
  });

  it('is not counted where it is our own, whatever it is', () => {
    const signed = author();
    const judge = judgeOf(openMessage(signed(1, say('who')).payload).author);
    const kinds: Said[] = [say('me'), question, { kind: 'stop' }];
    for (let sequence = 1; sequence <= 450; sequence += 1) {
      const { id, payload } = signed(sequence, kinds[sequence % 3] ?? say('me'));
      expect(judge.judge(id, payload, 0)).toBeDefined();
    }
    expect(judge.tooMany).toBe(0);
  });

  it('is not heard for the rest where invented authors say too much together, unless it is our own or of one we trust', () => {
    const judge = judgeOf();
    const kinds: Said[] = [{ kind: 'pulse' }, question, { kind: 'stop' }];
    const heard = kinds.map((said) => {
      const invented = Array.from({ length: 150 }, () => author()(1, said));
      return invented.filter(({ id, payload }) => judge.judge(id, payload, 0) !== undefined).length;
    });
    expect(heard).toEqual([100, 100, 20]);
    const { id, payload } = author()(2, { kind: 'pulse' });
    expect(judge.judge(id, payload, 0)).toBeUndefined();
    expect(judge.judge(id, payload, 1000)).toBeDefined();
    const ours = judgeOf(openMessage(payload).author);
    for (const said of Array.from({ length: 100 }, () => author()(1, { kind: 'pulse' }))) {
      ours.judge(said.id, said.payload, 0);
    }
    expect(ours.judge(id, payload, 0)).toBeDefined();
    const trusting = judgeOf(undefined, openMessage(payload).author);
    for (const said of Array.from({ length: 100 }, () => author()(1, { kind: 'pulse' }))) {
      trusting.judge(said.id, said.payload, 0);
    }
    expect(trusting.judge(id, payload, 0)).toBeDefined();
  });

  it('counts where its author’s clock is a day and 5 s off', () => {
    const judge = judgeOf();
    const signed = author();
    for (const [at, offMs] of [-86_405_000, 86_405_000].entries()) {
      const { id, payload } = signed(at + 1, { kind: 'pulse' }, Date.now() + offMs);
      expect(judge.judge(id, payload, 0)).toBeDefined();
    }
  });

  it('revives nobody with a pulse that was recorded', () => {
    const judge = judgeOf();
    const signed = author();
    const old = signed(1, { kind: 'pulse' }, Date.now() - 3 * 86_400_000);
    expect(judge.judge(old.id, old.payload, 0)).toBeUndefined();
    const pulse = signed(2, { kind: 'pulse' });
    expect(judge.judge(pulse.id, pulse.payload, 0)).toBeDefined();
    expect(judge.judge(pulse.id, pulse.payload, 0)).toBeUndefined();
  });

  it('asks the network five times at once and then once a second, whatever else its author says', () => {
    const judge = judgeOf();
    const signed = author();
    let heard = 0;
    for (let sequence = 1; sequence <= 50; sequence += 1) {
      const { id, payload } = signed(sequence, question);
      if (judge.judge(id, payload, 0) !== undefined) heard += 1;
    }
    expect(heard).toBe(5);
    const said = signed(51, say('hello'));
    expect(judge.judge(said.id, said.payload, 0)).toBeDefined();
    const later = signed(52, question);
    expect(judge.judge(later.id, later.payload, 1000)).toBeDefined();
  });

  it('asks nothing again, soon or late', () => {
    const judge = judgeOf();
    const signed = author();
    const fresh = signed(1, question);
    expect(judge.judge(fresh.id, fresh.payload, 0)).toBeDefined();
    expect(judge.judge(fresh.id, fresh.payload, 0)).toBeUndefined();
    for (const offMs of [-601_000, 601_000]) {
      const old = signed(2, question, Date.now() + offMs);
      expect(judge.judge(old.id, old.payload, 0)).toBeUndefined();
    }
    // A new life of the judge knows nothing of it: then its time is what ends it.
    expect(judgeOf().judge(fresh.id, fresh.payload, 0)).toBeDefined();
    expect(() => judge.judgeMissed(signed(3, question).payload)).toThrow(/history/);
  });

  it('that asks to stop goes on for a minute by its author’s clock, once, and not many times', () => {
    const judge = judgeOf();
    const signed = author();
    const stop: Said = { kind: 'stop' };
    const now = Date.now();
    for (const sentAt of [now - 61_000, now + 61_000]) {
      const { id, payload } = signed(1, stop, sentAt);
      expect(judge.judge(id, payload, 0)).toBeUndefined();
    }
    const { id, payload } = signed(2, stop, now - 30_000);
    expect(judge.judge(id, payload, 0)).toMatchObject({ said: stop });
    expect(judge.judge(id, payload, 0)).toBeUndefined();
    expect(() => judge.judgeMissed(payload)).toThrow('history of what nobody keeps');
    let heard = 0;
    for (let sequence = 3; sequence <= 203; sequence += 1) {
      const more = signed(sequence, stop);
      if (judge.judge(more.id, more.payload, 0) !== undefined) heard += 1;
    }
    // A hundred at once, of which one was spent: copies cost their author nothing.
    expect(heard).toBe(19);
  });
});

describe('a question that is too old or too new to be heard', () => {
  const FAR_MS = 25 * 60_000;

  function asked(offMs: number, others: Partial<JudgeOptions> = {}, count = 3) {
    const warn = vi.fn();
    const judge = judgeOf('nobody' as PeerId, undefined, { warn, ...others });
    for (let at = 0; at < count; at += 1) {
      const { id, payload } = author()(1, question, Date.now() + offMs);
      judge.judge(id, payload, at);
    }
    return warn;
  }

  it.each([
    [FAR_MS, 'behind'],
    [-FAR_MS, 'ahead of'],
  ])('tells of the clock where three who are linked are off by %d ms', (offMs, how) => {
    const warn = asked(offMs);
    expect(warn).toHaveBeenCalledOnce();
    const message = expect.stringContaining(`25 minutes ${how} that of anna`);
    expect(warn).toHaveBeenCalledWith({ code: 'clock', message });
  });

  it('tells of the clock where one who is trusted is off', () => {
    expect(asked(FAR_MS, { isTrusted: () => true }, 1)).toHaveBeenCalledOnce();
  });

  it('tells nothing where fewer are off, who is not linked is, or nobody is by much', () => {
    expect(asked(FAR_MS, {}, 2)).not.toHaveBeenCalled();
    expect(asked(FAR_MS, { isLinked: () => false })).not.toHaveBeenCalled();
    expect(asked(60_000)).not.toHaveBeenCalled();
  });
});
