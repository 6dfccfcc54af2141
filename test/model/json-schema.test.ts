import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderJsonSchema } from '../../src/model/schema.ts';

const committed = new URL('../../schema/rowhouse.schema.json', import.meta.url);

test('the committed JSON Schema is that of the model', () => {
  expect(readFileSync(committed, 'utf8')).toBe(renderJsonSchema());
});

test('it refuses unknown keys and knows every tenancy', () => {
  const schema = JSON.parse(renderJsonSchema()) as {
    additionalProperties: boolean;
    required: string[];
    properties: { tables: { additionalProperties: { oneOf: { properties: { tenancy: { const: string } } }[] } } };
  };
  expect(schema.additionalProperties).toBe(false);
  expect(schema.required).toEqual(['context', 'tenants', 'roles', 'tables']);
  const tenancies = schema.properties.tables.additionalProperties.oneOf.map((table) => table.properties.tenancy.const);
  expect(tenancies).toEqual(['row', 'root', 'shared', 'none', 'schema']);
});
