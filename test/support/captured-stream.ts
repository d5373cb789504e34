import { Writable } from 'node:stream';

/** A stream that keeps what is written to it; as a terminal if `columns` are given. */
export type CapturedStream = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  text(): string;
};

export function captured(columns?: number): CapturedStream {
  let all = '';
  const stream = new Writable({
    write(part, _encoding, done) {
      all += String(part);
      done();
    },
  });
  const terminal = columns === undefined ? {} : { isTTY: true, columns };
  return Object.assign(stream, { text: () => all, ...terminal });
}
