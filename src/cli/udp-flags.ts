/** The flags of `udp-send` and `udp-receive`, and their help texts. */
import type { Command } from 'commander';
import type { Given } from './peer-flags.js';
import type { UdpOptions } from './udp-options.js';

const UDP_NOTES = `
Encrypted and proven like everything else. The receiver sees who sends, and
decides with y or n and Enter; a name is what the other calls itself, the id
behind it is proven. Nothing is written before, and nothing is overwritten: a
name that is taken gets " (1)". It ends with 0 once the file has arrived. After
an interruption it begins anew; a peer's downloads go on where they were.

Example, on two machines:
  p2p udp-receive 4000 --to ~/Downloads --loss 20
  p2p udp-send film.mkv 192.168.1.5:4000`;

export function addUdpSend(program: Command): Command {
  const command = program
    .command('udp-send <file> <host:port>')
    .description('send one file over UDP to whoever waits there with udp-receive')
    .addHelpText('after', UDP_NOTES);
  return addUdpFlags(command);
}

export function addUdpReceive(program: Command): Command {
  const command = program
    .command('udp-receive <port>')
    .description('wait on a UDP port for one file, and take it if you say so')
    .option('--to <dir>', 'where it goes', '.')
    .option('--host <addr>', 'address to listen on', '0.0.0.0')
    .option('--yes', 'take whatever is offered, without asking')
    .addHelpText('after', UDP_NOTES);
  return addUdpFlags(command);
}

function addUdpFlags(command: Command): Command {
  return command
    .option(
      '--loss <percent>',
      'drop so many of all packets that arrive here, to watch it cope: 20, 0.5%, or a share, as 0.2',
    )
    .option('--name <name>', "name shown to the other end (default: P2P_NAME, else the host's)")
    .option('--data <dir>', 'where the identity lies')
    .option('--json', 'one JSON object a line on stdout, for programs')
    .allowExcessArguments(false);
}

export function udpOptions(given: Given): UdpOptions {
  const { data, loss, name } = given;
  return {
    data: typeof data === 'string' ? data : undefined,
    loss: typeof loss === 'string' ? loss : undefined,
    name: typeof name === 'string' ? name : undefined,
    json: given['json'] === true,
  };
}
