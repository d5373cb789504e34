import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

/** What the build made. */
const PAGE = fileURLToPath(new URL('../../page/', import.meta.url));
const FILES = readdirSync(PAGE, { recursive: true, encoding: 'utf8' });

/** It opens at once on a telephone, too. */
const MOST_SCRIPT_BYTES = 150_000;

function textOf(file: string): string {
  return readFileSync(join(PAGE, file), 'utf8');
}

describe('the page as it is built', () => {
  it('has less than 150 kB of JavaScript, compressed, in all', () => {
    const scripts = FILES.filter((file) => file.endsWith('.js'));
    const bytes = scripts.map((file) => gzipSync(readFileSync(join(PAGE, file))).length);
    expect(scripts.length).toBeGreaterThan(0);
    expect(bytes.reduce((sum, one) => sum + one)).toBeLessThan(MOST_SCRIPT_BYTES);
  });

  it('has no inline script or style, which its policy forbids', () => {
    const html = textOf('index.html');
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
  });

  it('names no other machine: no font, no script, no picture comes from elsewhere', () => {
    for (const file of FILES.filter((one) => /\.(html|css)$/.test(one))) {
      expect([file, textOf(file).match(/(?:https?:)?\/\/[\w.-]+/g)]).toEqual([file, null]);
    }
  });
});
