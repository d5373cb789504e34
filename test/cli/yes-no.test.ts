import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { StdinAsker, type YesNo } from '#src/cli/yes-no.js';

function asked(isTTY: boolean) {
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const asker = new StdinAsker(stdin);
  const unclear: string[] = [];
  const ask = () => asker.ask(() => unclear.push('unclear'));
  /** What was written before has been read. */
  const read = () => new Promise((resolve) => setImmediate(resolve));
  return { stdin, asker, unclear, ask, read };
}

describe('a question on stdin', () => {
  it.each<[line: string, answer: YesNo]>([
    ['y', 'yes'],
    [' YES ', 'yes'],
    ['n', 'no'],
    ['No\r', 'no'],
  ])('takes the line %j for %s', async (line, answer) => {
    const { stdin, ask } = asked(true);
    const said = ask();
    stdin.write(`${line}\n`);
    expect(await said).toBe(answer);
  });

  it('is asked again after a line that is neither', async () => {
    const { stdin, ask, unclear } = asked(true);
    const said = ask();
    stdin.write('\nperhaps\ny\n');
    expect(await said).toBe('yes');
    expect(unclear).toHaveLength(2);
  });

  it('is not answered by what was typed on a terminal before it', async () => {
    const { stdin, ask, read } = asked(true);
    stdin.write('y\ny\n');
    await read();
    const said = ask();
    await read();
    stdin.write('n\n');
    expect(await said).toBe('no');
  });

  it('is answered by what a script wrote before it, one line each, and the last without its end', async () => {
    const { stdin, ask, read } = asked(false);
    stdin.end('n\ny');
    await read();
    expect([await ask(), await ask(), await ask()]).toEqual(['no', 'yes', 'nobody']);
  });

  it('is answered by nobody at the end of input, before or after it is asked', async () => {
    const { stdin, ask } = asked(true);
    const said = ask();
    stdin.end();
    expect([await said, await ask()]).toEqual(['nobody', 'nobody']);
  });

  it('does not read an endless answer without end', async () => {
    const { stdin, read } = asked(false);
    stdin.write('y\n');
    await read();
    expect(stdin.isPaused()).toBe(true);
  });

  it('is void once it is withdrawn: the next line answers the next one', async () => {
    const { stdin, asker, ask, read } = asked(false);
    void ask();
    await read();
    asker.withdraw();
    const said = ask();
    stdin.write('n\n');
    expect(await said).toBe('no');
  });
});
