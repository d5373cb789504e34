/** Where this operating system keeps an application's data, in one place. */
import { homedir, hostname } from 'node:os';
import { posix, win32 } from 'node:path';

/** What of the machine decides about defaults; an argument, so that every platform can be tested on one. */
export type Machine = {
  readonly os: NodeJS.Platform;
  readonly home: string;
  readonly hostName: string;
};

export function thisMachine(): Machine {
  return { os: process.platform, home: homedir(), hostName: hostname() };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @returns the data folder of the peer on base port `port`: one per port, so that peers never share one. */
export function defaultDataFolder(machine: Machine, env: Environment, port: number): string {
  return joinFor(machine)(applicationFolder(machine, env), 'p2p', String(port));
}

/** @returns the data folder of a command that is no peer, by its name. */
export function defaultToolFolder(machine: Machine, env: Environment, tool: string): string {
  return joinFor(machine)(applicationFolder(machine, env), 'p2p', tool);
}

/** @returns where downloads go unless the user says otherwise: in sight, and by no other program's name. */
export function defaultDownloadsFolder(machine: Machine): string {
  return joinFor(machine)(machine.home, 'p2p-downloads');
}

function applicationFolder(machine: Machine, env: Environment): string {
  const join = joinFor(machine);
  if (machine.os === 'win32') return env['LOCALAPPDATA'] || join(machine.home, 'AppData', 'Local');
  if (machine.os === 'darwin') return join(machine.home, 'Library', 'Application Support');
  // The XDG base directory specification: a relative value is invalid and to be ignored.
  const xdg = env['XDG_DATA_HOME'] ?? '';
  return posix.isAbsolute(xdg) ? xdg : join(machine.home, '.local', 'share');
}

function joinFor(machine: Machine): (...parts: string[]) => string {
  return (...parts) => (machine.os === 'win32' ? win32 : posix).join(...parts);
}
