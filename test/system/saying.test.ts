/** What is typed to be said, or comes from a program that types: what cannot be said is refused with its reason. */
import { describe, expect, it, vi } from 'vitest';
import { LIMITS } from '#src/domain/limits.js';
import { createNetwork } from '#test/support/network.js';
import { startPeerProgram } from '#test/support/peer-program.js';
import type { Program } from '#test/support/program.js';

vi.setConfig({ testTimeout: 60_000 });

/** A speaker and who hears it, each a process, as neighbours. */
async function two() {
  const network = await createNetwork(0);
  const start = async (name: string) => {
    const program = await startPeerProgram(network, network.home(name));
    await program.heard.until('ready');
    return program;
  };
  const [speaker, hearer] = await Promise.all([start('speaker'), start('hearer')]);
  await Promise.all([speaker, hearer].map(({ heard }) => heard.until('link-up')));
  return { speaker, hearer };
}

const shownTo = ({ heard }: Program, text: string) =>
  heard.until('message', { where: (message) => message.text === text });

const texts = ({ heard }: Program) => heard.of('message').map(({ text }) => text);

describe('say', () => {
  it('takes any text of up to 4 KiB as it is, controls and all, and says of another what is wrong with it', async () => {
    const { speaker, hearer } = await two();
    const refused = [
      ['', /needs TEXT/],
      ['x'.repeat(LIMITS.messageTextBytes + 1), /4097 bytes, and a message has 4096 at most/],
      ['€'.repeat(LIMITS.messageTextBytes / 2), /6144 bytes/],
    ] as const;
    for (const [at, [text, why]] of refused.entries()) {
      speaker.send(`say ${text} #refused${at}`);
      const where = ({ ref }: { readonly ref?: string }) => ref === `refused${at}`;
      const { code, message } = await speaker.heard.until('error', { where });
      expect(code).toBe('usage');
      expect(message).toMatch(why);
    }
    const said = [
      'x'.repeat(LIMITS.messageTextBytes),
      '€'.repeat(Math.floor(LIMITS.messageTextBytes / 3)),
      '\u001b[2J\u001b]0;owned\u0007 \u202egnp.exe\u202c \u0000\u007f\u009b31m\u2028 e\u0301 \u{1f600}',
    ];
    for (const text of said) {
      speaker.send(`say ${text}`);
      // Two processes: which of their lines is read here first is nobody's to say.
      await Promise.all([shownTo(hearer, text), shownTo(speaker, text)]);
    }
    expect(texts(hearer)).toEqual(said);
    expect(texts(speaker)).toEqual(said);
    // A line of JSON is a line, and nothing in it reaches a terminal as a command of its own.
    for (const line of hearer.lines) expect(Math.min(...Buffer.from(line))).toBeGreaterThan(31);
    expect(hearer.stderr()).toBe('');
  });

  it('says bytes that are no text as the characters that stand for them, never half a character', async () => {
    const { speaker, hearer } = await two();
    const { stdin } = speaker.child;
    const cases: readonly (readonly [bytes: readonly number[], text: string])[] = [
      [[0xff, 0xfe], '\ufffd\ufffd'],
      // A surrogate alone, as some programs write it.
      [[0xed, 0xa0, 0x80], '\ufffd\ufffd\ufffd'],
      [[0xe2, 0x82], '\ufffd'],
    ];
    for (const [at, [bytes, text]] of cases.entries()) {
      stdin?.write(
        Buffer.concat([Buffer.from(`say ${at} `), Buffer.from(bytes), Buffer.from('\n')]),
      );
      await shownTo(hearer, `${at} ${text}`);
    }
    // Commands are lines, not JSON: such a line is no command, and says nothing.
    speaker.send('{"type":"say","text":"\\ud800"}', 'say the last one');
    await speaker.heard.until('error');
    await shownTo(hearer, 'the last one');
    expect(texts(hearer)).toHaveLength(cases.length + 1);
  });
});
