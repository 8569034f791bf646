/** The figures of a runbook that may be set: what they are, and what may not be. */
import type { RunbookDocument } from '../../schema/runbook.ts';
import { InvalidInput } from '../errors.ts';
import { exactSpan } from '../incident/policy-in-words.ts';
import type { Known } from './known.ts';

/** Durations in milliseconds. */
export type InputValues = Record<string, number | string>;

/** Every input at its default, or as given. Throws InvalidInput for one that does not exist or is out of its bounds. */
export const inputsOf = ({ spec }: RunbookDocument, given: InputValues = {}): InputValues => {
  for (const name of Object.keys(given))
    if (!Object.hasOwn(spec.inputs, name))
      throw new InvalidInput(`there is no input ${name}; there are ${Object.keys(spec.inputs).join(', ') || 'none'}`);
  return Object.fromEntries(
    Object.entries(spec.inputs).map(([name, input]) => {
      const value = given[name] ?? input.default;
      if (input.type === 'choice') {
        if (!input.of.includes(String(value)))
          throw new InvalidInput(`input ${name} is one of ${input.of.join(', ')}, not ${value}`);
        return [name, String(value)];
      }
      if (typeof value !== 'number' || !(value >= input.min && value <= input.max)) {
        const say = input.type === 'duration' ? exactSpan : String;
        const wrong = typeof value === 'number' && !Number.isNaN(value) ? say(value) : 'this';
        throw new InvalidInput(`input ${name} goes from ${say(input.min)} to ${say(input.max)}; ${wrong} does not`);
      }
      return [name, value];
    }),
  );
};

/** As conditions and sentences speak of them: durations in minutes. */
export const inputsKnown = ({ spec }: RunbookDocument, values: InputValues): Known['inputs'] =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      spec.inputs[name]?.type === 'duration' && typeof value === 'number' ? value / 60_000 : value,
    ]),
  );
