import type { ExampleValue } from '../model/model.ts';
import type { Value } from './pool.ts';
import { numberOf, type Seed } from './seed.ts';
import type { ShapeColumn } from './shape.ts';
import { arrayOf } from './values.ts';

/** A value of the model's row template as text; `:row` is the number of the row in its table. */
export function exampleText(value: ExampleValue, column: ShapeColumn, seed: Seed): Value {
  const { typname, element } = column.stored.type;
  if (value === null) return typname === 'json' || typname === 'jsonb' ? 'null' : null;
  const text = (part: ExampleValue): string =>
    typeof part === 'string' ? part.replaceAll(/:row\b/g, String(numberOf(seed))) : JSON.stringify(part);
  if (element !== null && Array.isArray(value)) return arrayOf(value.map(text));
  return text(value);
}
