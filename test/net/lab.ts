/**
 * A network of made-up machines on this one: Linux network namespaces that nothing outside can see or reach.
 *
 * One process holds the namespaces, in a mount namespace of its own, and ends with its stdin: so whatever
 * becomes of a test, even of the test runner, the kernel takes every interface and bridge away with it. A
 * user who is not root gets a user namespace, in which he is.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { onTestFinished } from 'vitest';

const IS_ROOT = process.getuid?.() === 0;
const UNSHARE = [...(IS_ROOT ? [] : ['--user', '--map-root-user']), '--net', '--mount'];
const ENTER = [...(IS_ROOT ? [] : ['--user', '--preserve-credentials']), '--net', '--mount'];
/** `ip netns` keeps its names in /run, which has to be ours. */
const OWN_RUN = 'mount -t tmpfs tmpfs /run && mkdir /run/netns';
const PROBE = `${OWN_RUN} && ip netns add x && ip link add name net type bridge && ip link add name port type veth peer name eth netns x`;

/** Why no network can be made up here; undefined where one can. */
export const refusal: string | undefined = refusalHere();

function refusalHere(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces need Linux: run this test there';
  const why = complaintOf(PROBE);
  return why === undefined
    ? undefined
    : `no network namespace can be made here (${why}): install iproute2 and util-linux, and run \`npm run test:net\` as root or where users may make namespaces`;
}

/** Tries shell commands in a network of their own. @returns what went wrong; undefined where nothing did. */
export function complaintOf(commands: string): string | undefined {
  const { status, stderr, error } = spawnSync('unshare', [...UNSHARE, 'sh', '-c', commands], {
    encoding: 'utf8',
  });
  return status === 0 ? undefined : (error?.message ?? stderr).trim().split('\n').at(-1);
}

export type Lab = {
  /** Carries out lines of `ip -batch` around the hosts, or in one of them. Hosts, bridges and all are its own. */
  ip(lines: readonly string[], host?: string): void;
  /** Runs a program to its end, around the hosts or on one of them. @returns its stdout */
  settle(command: readonly string[], input: string, host?: string): string;
  /** A machine of this name, with nothing but loopback. */
  host(name: string): void;
  /** A switch. */
  bridge(name: string): void;
  /** Plugs a cable in: the interface `iface` of a host, with an address as in 10.1.0.1/24; it is up. */
  plug(host: string, iface: string, bridge: string, address: string): void;
  /** Starts a program on a host. The child is the program itself: signals reach it. */
  run(host: string, command: readonly string[]): ChildProcess;
};

/** Ends with the test. */
export async function openLab(): Promise<Lab> {
  const holder = spawn(
    'unshare',
    [...UNSHARE, 'sh', '-c', `${OWN_RUN} && echo ready && exec cat`],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  onTestFinished(() => ended(holder));
  await new Promise((resolve, reject) => {
    holder.stdout.once('data', resolve);
    holder.once('exit', () => reject(new Error('the network could not be made')));
  });
  const enter = ['--target', String(holder.pid), ...ENTER];
  const onHost = (host: string) => [...enter, 'nsenter', `--net=/run/netns/${host}`];

  const settle = (command: readonly string[], input: string, host?: string) => {
    const way = host === undefined ? enter : onHost(host);
    const { status, stdout, stderr } = spawnSync('nsenter', [...way, ...command], {
      input,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr}\n${input}`);
    return stdout;
  };
  const ip = (lines: readonly string[], host?: string) => {
    settle(['ip', '-batch', '-'], `${lines.join('\n')}\n`, host);
  };
  return {
    ip,
    settle,
    host(name) {
      ip([`netns add ${name}`]);
      ip(['link set lo up'], name);
    },
    bridge: (name) => ip([`link add name ${name} type bridge`, `link set ${name} up`]),
    plug(host, iface, bridge, address) {
      const port = portOf(host, iface);
      ip([
        `link add name ${port} type veth peer name ${iface} netns ${host}`,
        `link set ${port} master ${bridge}`,
        `link set ${port} up`,
      ]);
      ip([`address add ${address} dev ${iface}`, `link set ${iface} up`], host);
    },
    run: (host, command) =>
      spawn('nsenter', [...onHost(host), ...command], { stdio: ['pipe', 'pipe', 'pipe'] }),
  };
}

/** The far end of a host's cable, at the switch. */
export function portOf(host: string, iface: string): string {
  return `${host}-${iface}`;
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
