/** Words, tables and JSON on the terminal. Colour only where a person looks at it; meaning never depends on it. */
import type { Environment } from './credentials.ts';

export type Colour = 'red' | 'yellow' | 'green' | 'dim' | 'bold';
const codes: Record<Colour, [number, number]> = {
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
  dim: [2, 22],
  bold: [1, 22],
};

export interface Streams {
  out: { write(text: string): unknown; isTTY?: boolean; columns?: number };
  err: { write(text: string): unknown };
}

export class Output {
  readonly #streams: Streams;
  readonly #colour: boolean;
  readonly json: boolean;
  constructor(streams: Streams, environment: Environment, json: boolean) {
    this.#streams = streams;
    this.json = json;
    this.#colour = streams.out.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb';
  }

  /** For people; silent under --json. */
  line(text = ''): void {
    if (!this.json) this.#streams.out.write(`${text}\n`);
  }

  /** For machines; silent without --json. */
  data(value: unknown): void {
    if (this.json) this.#streams.out.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** Goes out either way. */
  raw(text: string): void {
    this.#streams.out.write(text.endsWith('\n') ? text : `${text}\n`);
  }

  complain(text: string): void {
    this.#streams.err.write(`${text}\n`);
  }

  paint(text: string, ...colours: Colour[]): string {
    if (!this.#colour) return text;
    return colours.reduce(
      (painted, colour) => `\u001b[${codes[colour][0]}m${painted}\u001b[${codes[colour][1]}m`,
      text,
    );
  }

  /** Columns as wide as their widest cell; the last one is cut to the terminal, never to a file or pipe. */
  table(head: string[], rows: string[][]): void {
    const cells = rows.map((row) => row.map(plain));
    const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)));
    const room = this.#streams.out.isTTY ? (this.#streams.out.columns ?? 120) : Number.POSITIVE_INFINITY;
    const layOut = (row: string[]) =>
      fit(
        row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  '),
        room,
      );
    this.line(this.paint(layOut(head), 'dim'));
    for (const row of cells) this.line(layOut(row).trimEnd());
  }
}

const fit = (text: string, room: number): string => (text.length <= room ? text : `${text.slice(0, room - 1)}…`);

/** Text from outside without the characters that could steer a terminal; line breaks become spaces. */
export const plain = (text: string): string => block(text).replace(/\s*\n\s*/g, ' ');

/** The same, keeping line breaks. */
export const block = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
  text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '');
