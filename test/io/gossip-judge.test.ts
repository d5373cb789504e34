import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { Reception } from '#src/domain/mesh/reception.js';
import { GossipJudge } from '#src/io/gossip-judge.js';
import { announcerKey } from '#src/wire/announcement.js';
import { messageIdOf, type Said, signMessage } from '#src/wire/signed-message.js';

function author() {
  const { privateKey } = generateKeyPairSync('ed25519');
  const key = announcerKey(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
  return (sequence: number, said: Said, sentAt = Date.now()) => {
    const payload = signMessage({ epoch: 1, sequence, sentAt, name: 'anna', said }, key);
    return { payload, id: messageIdOf(payload) };
  };
}

const say = (text: string): Said => ({ kind: 'say', text });

describe('a message from the mesh', () => {
  it('counts once, however often and in whatever copy its author signed its number', () => {
    const judge = new GossipJudge(new Reception());
    const signed = author();
    const { id, payload } = signed(1, say('one'));
    expect(judge.judge(id, payload, 0)).toMatchObject({ sequence: 1, said: say('one') });
    expect(judge.judge(id, payload, 0)).toBeUndefined();
    expect(judge.judgeMissed(payload)).toMatchObject({ isNew: false });
    const twin = signed(1, say('another one'));
    expect(judge.judge(twin.id, twin.payload, 0)).toBeUndefined();
  });

  it('that was damaged on its way does not keep the sound one out (go-libp2p-pubsub #155)', () => {
    const judge = new GossipJudge(new Reception());
    const { id, payload } = author()(1, say('one'));
    const forged = Uint8Array.from(payload);
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    expect(() => judge.judge(id, forged, 0)).toThrow(/wrong id/);
    expect(() => judge.judge(messageIdOf(forged), forged, 0)).toThrow(/did not sign/);
    expect(judge.judge(id, payload, 0)).toBeDefined();
  });

  it('is not one where it was meant for one peer alone', () => {
    const judge = new GossipJudge(new Reception());
    const { id, payload } = author()(1, {
      kind: 'tell',
      text: 'psst',
      to: 'a'.repeat(52) as PeerId,
    });
    expect(() => judge.judge(id, payload, 0)).toThrow(/private/);
  });

  it('is heard from one author 20 times a second, and of another meanwhile', () => {
    const judge = new GossipJudge(new Reception());
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

  it('revives nobody with a pulse that was recorded', () => {
    const judge = new GossipJudge(new Reception());
    const signed = author();
    const old = signed(1, { kind: 'pulse' }, Date.now() - 2 * 86_400_000);
    expect(judge.judge(old.id, old.payload, 0)).toBeUndefined();
    const pulse = signed(2, { kind: 'pulse' });
    expect(judge.judge(pulse.id, pulse.payload, 0)).toBeDefined();
    expect(judge.judge(pulse.id, pulse.payload, 0)).toBeUndefined();
  });

  it('that asks to stop goes on for a minute by its author’s clock, once, and not many times', () => {
    const judge = new GossipJudge(new Reception());
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
    expect(judge.judgeMissed(payload)).toBeUndefined();
    let heard = 0;
    for (let sequence = 3; sequence <= 203; sequence += 1) {
      const more = signed(sequence, stop);
      if (judge.judge(more.id, more.payload, 0) !== undefined) heard += 1;
    }
    expect(heard).toBe(98);
  });
});
