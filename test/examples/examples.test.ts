import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** From `dist/test/examples/`, where this file is compiled to. */
const EXAMPLES = new URL('../../../examples/', import.meta.url);

type Outcome = {
  readonly code: number | null;
  readonly lines: readonly string[];
  readonly errors: string;
};

function run(name: string): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [fileURLToPath(new URL(name, EXAMPLES))]);
    let output = '';
    let errors = '';
    child.stdout.on('data', (text: Buffer) => {
      output += text.toString();
    });
    child.stderr.on('data', (text: Buffer) => {
      errors += text.toString();
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, lines: output.trimEnd().split('\n'), errors }));
  });
}

describe('the examples of the library', () => {
  it('share a file and list it from another peer', async () => {
    const { code, lines, errors } = await run('share-and-list.mjs');
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(lines).toEqual([
      expect.stringMatching(/^shared notes\.txt: 10 bytes, id [0-9a-f]{8}$/),
      'anna offers notes.txt, 0 of 1 chunks are here',
    ]);
  });

  it('download a file with progress, and tell why another cannot be had', async () => {
    const { code, lines, errors } = await run('download.mjs');
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(lines[0]).toMatch(/^\d+ of 64 chunks$/);
    expect(lines.slice(-2)).toEqual(['got 64 chunks, the same bytes', 'second one: not-found']);
  });

  it('hear every event from the start to the goodbye', async () => {
    const { code, lines, errors } = await run('events.mjs');
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    const told = lines.filter((line) => !line.startsWith('anna: actor-'));
    expect(told).toContain('anna: ready');
    expect(told.indexOf('anna: peer-up')).toBeGreaterThan(told.indexOf('anna: ready'));
    expect(told).toContain('ben is gone: stopped');
    expect(told.slice(-2)).toEqual(['anna: bye', 'anna: that was all']);
  });

  it('end a peer, and refuse a second one in its data folder', async () => {
    const { code, lines, errors } = await run('close.mjs');
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(lines).toEqual(['refused: data-in-use', 'closed with 0']);
  });
});
