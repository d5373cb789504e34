import { describe, expect, it } from 'vitest';
import { allOperations } from '#src/api/open-api.js';
import { commandsFor } from '#src/cli/commands/table.js';

/** Operations that no command does, and why. */
const OF_PROGRAMS: Readonly<Record<string, string>> = {
  getContent: 'what came lies in a file that a terminal can open',
  getChunkMap: 'a terminal has bars',
  makeLink: 'a browser follows links',
  putFile: 'a terminal names files of this machine, and uploads none',
  hearEvents: 'a terminal tells events all the time',
  getOverview: 'each part of it has a command',
  getMetrics: '`status` tells of the same to people',
  discardUpload: 'a terminal names files of this machine, and uploads none',
  markEvents:
    'a terminal hears its answers in order; over two connections that has to be asked for',
};

const COMMANDS = commandsFor(true).map(({ name }) => name);
const ALL = Object.entries(allOperations);

describe('the table of operations', () => {
  it.each(COMMANDS)('has what `%s` does', (name) => {
    const doing = ALL.filter(([, { commands }]) => commands.includes(name));
    expect({ name, isThere: doing.length > 0 }).toEqual({ name, isThere: true });
  });

  it.each(ALL)(
    'names commands that there are, or says why there is none: %s',
    (id, { commands }) => {
      for (const command of commands) expect(COMMANDS).toContain(command);
      expect(commands.length === 0).toBe(Object.hasOwn(OF_PROGRAMS, id));
    },
  );

  it('has every method and path once', () => {
    // A router takes `:peer` and `:share` in one place for the same.
    const routes = ALL.map(([, { method, path }]) => `${method} ${path.replaceAll(/:\w+/g, ':')}`);
    expect(new Set(routes).size).toBe(routes.length);
  });

  it.each(ALL)(
    'takes each field of a path in its input, and nothing it was not told of: %s',
    (_, { path, input }) => {
      const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
      expect(Object.keys(input.properties)).toEqual(expect.arrayContaining(inPath));
      expect(input).toMatchObject({ additionalProperties: false });
    },
  );
});
