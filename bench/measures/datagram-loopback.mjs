/** Our bare streams over datagrams on loopback beside udx-native, which is C. */
import { udxMissing } from '../rivals/udx.mjs';
import { figure } from '../run/figures.mjs';
import { alternate, median } from '../run/statistics.mjs';
import { barePipe } from './bare-pipe.mjs';

/** Those of udx-native carry so many bytes of ours beside 20 of its own, on a network of 1,500. */
const SMALL_BYTES = 1452;

const OURS = 'p2p';
const OURS_SMALL = `p2p, packets of ${SMALL_BYTES}`;
const RIVAL = 'udx-native';
const CEILING = `node:dgram alone, packets of ${SMALL_BYTES}`;

/** @param {import('../main.mjs').Context} context */
export async function measureDatagramLoopback({ quick, rivals, rounds, log, skip }) {
  const times = quick ? { warmMs: 200, ms: 400 } : { warmMs: 500, ms: 2000 };
  const contenders = {
    [OURS]: () => barePipe({ carrier: 'p2p', ...times }),
    [OURS_SMALL]: () => barePipe({ carrier: 'p2p', packetBytes: SMALL_BYTES, ...times }),
    [CEILING]: () => barePipe({ carrier: 'dgram', packetBytes: SMALL_BYTES, ...times }),
  };
  const missing = udxMissing();
  if (rivals && missing === undefined)
    contenders[RIVAL] = () => barePipe({ carrier: 'udx', ...times });
  else if (rivals) skip(RIVAL, missing);
  const samples = await alternate(rounds, contenders, log);
  return { figures: figuresOf(samples), samples };
}

function figuresOf(samples) {
  const middle = (name, key) => median(samples[name].map((sample) => sample[key]));
  const each = Object.keys(samples).flatMap((name) => [
    figure(`loopback: ${name}`, middle(name, 'megabytesPerSecond'), 'MB/s'),
    figure(`loopback: ${name}, both processes`, middle(name, 'cpuSecondsPerGiB'), 'CPU s/GiB'),
  ]);
  const of = (name, other) =>
    median(
      samples[name].map(
        (sample, round) => sample.megabytesPerSecond / samples[other][round].megabytesPerSecond,
      ),
    );
  each.push(figure(`loopback: ${OURS_SMALL}, of node:dgram alone`, of(OURS_SMALL, CEILING), 'x'));
  if (samples[RIVAL] === undefined) return each;
  const packet = median(samples[RIVAL].map(({ facts }) => facts.packetBytes));
  return [
    ...each,
    figure(`loopback: ${RIVAL}, its packets`, packet, 'bytes'),
    figure(`loopback: ${OURS_SMALL}, of ${RIVAL}`, of(OURS_SMALL, RIVAL), 'x', { least: 1.2 }),
    figure(`loopback: ${OURS}, of ${RIVAL}`, of(OURS, RIVAL), 'x', { least: 2 }),
  ];
}
