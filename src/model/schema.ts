import { z } from 'zod';
import { parseDotted, parseQualified } from '../sql/ident.ts';
import { expressionProblem } from './sql-expression.ts';

const quotingHint = `names are read as SQL reads them: one with capitals, spaces or dots is written '"so"'`;

const identifier = z
  .string()
  .refine((text) => parseDotted(text)?.length === 1, { error: `is not a name (${quotingHint})` });

const qualified = z
  .string()
  .refine((text) => parseQualified(text) !== null, { error: `is not schema.name (${quotingHint})` });

/** A table, of the same schema where it names none. */
const nearby = z.string().refine((text) => [1, 2].includes(parseDotted(text)?.length ?? 0), {
  error: `is not a table's name (${quotingHint})`,
});

const foreignKeyColumn = z.string().refine((text) => parseDotted(text)?.length === 3, {
  error: `is not schema.table.column (${quotingHint})`,
});

const expression = z.string().superRefine((text, context) => {
  const problem = expressionProblem(text);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
});

const setting = z.string().regex(/^[a-z_][\w$]*(\.[a-z_][\w$]*)+$/i, {
  error: 'is not the name of a custom setting: PostgreSQL wants a prefix and a dot, such as app.current_tenant',
});

const url = z
  .string()
  .regex(/^postgres(ql)?:\/\//, { error: 'is not a connection URL: postgresql://user@host:port/database' });

const day = z.string().refine((text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)), {
  error: 'is not a day: YYYY-MM-DD',
});

const sentence = z.string().refine((text) => text.trim() !== '', { error: 'is empty' });

/** Numbers are kept as they are written. */
const id = z.union([z.string(), z.number()]).transform(String);

const keyType = z.enum(['uuid', 'bigint', 'integer', 'text']);
const access = z.enum(['read', 'write']).describe('What a subject may do with a shared row that is not its own.');
const reason = sentence.optional().describe('Why it is so.');

function listOf<T extends z.ZodType>(item: T) {
  return z.union([item, z.array(item).min(1)]);
}

const share = z
  .strictObject({
    rows: z.literal('platform').optional().describe('The rows of the platform tenant.'),
    when: expression.optional().describe('The rows for which this SQL is true.'),
    access: access.default('read'),
  })
  .refine(({ rows, when }) => (rows === undefined) !== (when === undefined), { error: 'wants either rows or when' });

const path = z.union([
  nearby,
  z
    .strictObject({
      table: nearby,
      by: listOf(identifier).optional().describe('The columns of the foreign key, where there are several.'),
      on: z
        .record(z.string(), identifier)
        .optional()
        .describe('Columns of this table and what they are equal to in the other, where there is no foreign key.'),
    })
    .refine(({ by, on }) => (by === undefined) !== (on === undefined), { error: 'wants either by or on' }),
]);

const backfill = z
  .strictObject({
    constant: id.optional().describe('A tenant id, or `platform`.'),
    json: expression.optional().describe("SQL that finds the tenant in the row: metadata->>'tenant_id'."),
    parent: listOf(path)
      .optional()
      .describe('The table whose tenant it is, through the foreign key; of several the first that leads to one.'),
    pair: z
      .strictObject({
        type: identifier.describe('The column that says which table the row points into.'),
        id: identifier.describe('The column with the primary key of the row there.'),
        tables: z.record(z.string(), nearby).describe('The table for each value of the first column.'),
      })
      .optional()
      .describe('A polymorphic pair of columns, such as owner_type and owner_id.'),
    orphans: z
      .union([z.enum(['refuse', 'quarantine']), z.strictObject({ tenant: id })])
      .default('refuse')
      .describe(
        'What becomes of rows that this finds no tenant for: no plan, a table beside, or a tenant that takes them.',
      ),
  })
  .refine(
    ({ constant, json, parent, pair }) =>
      [constant, json, parent, pair].filter((kind) => kind !== undefined).length === 1,
    { error: 'wants one of constant, json, parent and pair' },
  );

const oracles = z
  .array(listOf(identifier))
  .min(1)
  .optional()
  .describe('Unique keys that hold for all tenants on purpose: that a value is taken is no secret.');

const example = z
  .record(z.string(), z.json())
  .optional()
  .describe(
    'Values by column for the rows that are generated where there are none; `:row` in a text is the number of the row.',
  );

const owned = {
  example,
  share: listOf(share).optional().describe('Rows that others may see too.'),
  user: identifier.optional().describe('A column with the user that owns the row, beside the members of its tenant.'),
  complete: z
    .boolean()
    .default(true)
    .describe('Whether a subject must see all that it owns: false where the application hides some of it.'),
  oracles,
  reason,
};

const row = z
  .strictObject({
    tenancy: z.literal('row'),
    column: identifier.optional().describe('The column with the tenant.'),
    expression: expression
      .optional()
      .describe('SQL that finds the tenant in the row, for tables without such a column.'),
    through: path
      .optional()
      .describe('The table whose rows own these rows, through a foreign key in either direction.'),
    nulls: z.enum(['foreign', 'shared']).default('foreign').describe('What a row without a tenant is.'),
    backfill: backfill.optional(),
    embedded: z
      .record(z.string(), foreignKeyColumn)
      .optional()
      .describe('Ids in arrays or JSON that no foreign key sees, and the column that they are ids of.'),
    ...owned,
  })
  .refine(
    ({ column, expression: sql, through }) => [column, sql, through].filter((own) => own !== undefined).length === 1,
    { error: 'wants one of column, expression and through' },
  );

const table = z.discriminatedUnion('tenancy', [
  row,
  z.strictObject({
    tenancy: z.literal('root'),
    signup: z.boolean().default(false).describe('Whether any subject may add a tenant.'),
    ...owned,
  }),
  z.strictObject({ tenancy: z.literal('shared'), access: access.default('read'), example, reason }),
  z.strictObject({ tenancy: z.literal('none'), example, reason }),
  z.strictObject({ tenancy: z.literal('schema'), example, reason }),
]);

const view = z.strictObject({
  of: qualified.describe('The table that it stands for.'),
  columns: z
    .record(z.string(), identifier)
    .optional()
    .describe("The view's column for a column of the table, where the names differ."),
  complete: owned.complete,
  reason,
});

const matview = z.strictObject({
  access: z.literal('none').describe('The application may not read it: it holds rows of all tenants.'),
  reason,
});

const param = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.null(),
  z
    .strictObject({
      tenant: z.enum(['own', 'foreign']).optional().describe("The id of the subject's tenant, or of another one."),
      own: foreignKeyColumn.optional().describe('What a row of the subject holds in this column.'),
      foreign: foreignKeyColumn.optional().describe('What a row of another tenant holds in this column.'),
      shared: foreignKeyColumn.optional().describe('What a shared row holds in this column.'),
    })
    .refine((kinds) => Object.values(kinds).filter((kind) => kind !== undefined).length === 1, {
      error: 'wants one of tenant, own, foreign and shared',
    }),
]);

const queryPath = z.string().refine((text) => /^(?!\/)(?!.*(^|\/)\.\.(\/|$)).+\.sql$/.test(text), {
  error: 'is not the path of an SQL file within the project: queries/name.sql',
});

const routine = z
  .strictObject({
    calls: z.array(z.array(param)).min(1).optional().describe('The arguments of each call.'),
    rights: z
      .enum(['caller', 'none'])
      .optional()
      .describe(
        "For one that runs with its owner's rights: it is to run with those of its caller, or the application may not call it.",
      ),
    reason,
  })
  .refine(({ calls, rights }) => calls !== undefined || rights !== undefined, { error: 'wants calls, rights or both' });

const signature = z
  .string()
  .refine((text) => text.endsWith(')') && parseQualified(text.replace(/\(.*$/s, '')) !== null, {
    error: 'is not schema.name(types)',
  });

const waiver = z.strictObject({
  rule: sentence.describe('The id of a rule.'),
  object: sentence,
  reason: sentence,
  until: day.optional().describe('The last day on which it holds.'),
});

const sections = {
  database: z
    .strictObject({ url: url.optional() })
    .optional()
    .describe('The last place where a connection is looked for.'),
  context: z
    .strictObject({
      setting: setting.describe('The setting that says who a session is for.'),
      type: keyType,
      json: listOf(z.string().min(1)).optional().describe('The key of the subject within the JSON of the setting.'),
      claims: z.record(z.string(), z.json()).optional().describe('Constant claims beside it.'),
    })
    .refine(({ json, claims }) => json !== undefined || claims === undefined, {
      error: 'claims stand beside a json key: there is none',
      path: ['claims'],
    }),
  tenants: z.strictObject({
    table: qualified,
    key: identifier,
    type: keyType.optional().describe("The key's type, where it is not that of the context."),
    platform: id.optional().describe('The tenant whose rows may be shared with all.'),
    schema: identifier.optional().describe("The column with the name of a tenant's own schema."),
  }),
  membership: z
    .strictObject({
      table: qualified,
      user: identifier,
      tenant: identifier,
      when: expression.optional().describe('Which rows make a member.'),
    })
    .optional()
    .describe('Who belongs to which tenants, where sessions say a user.'),
  roles: z.strictObject({
    owner: identifier.optional(),
    app: listOf(identifier),
    bypass: z
      .union([identifier, z.array(identifier)])
      .default([])
      .describe('Roles that may see all rows, on purpose.'),
  }),
  tables: z.record(z.string(), table),
  views: z.record(z.string(), view).optional(),
  queries: z
    .record(
      queryPath,
      z.strictObject({ params: z.array(param).default([]).describe('The values of $1, $2 and so on.') }),
    )
    .optional()
    .describe('Queries of the application, by file: what they answer must not depend on rows of others.'),
  matviews: z
    .record(z.string(), matview)
    .optional()
    .describe('Materialized views over rows of tenants: no policy binds them.'),
  functions: z
    .record(signature, routine)
    .optional()
    .describe('Calls of functions that a verification would not make by itself, and with whose rights functions run.'),
  unmanaged: z
    .record(z.string(), sentence)
    .optional()
    .describe(
      "Schemas that are another system's, such as a hosting platform's, each with a word of why: left as they are.",
    ),
  waivers: z.array(waiver).optional().describe('Findings that are accepted.'),
};

/** The shape of `rowhouse.yaml`. What one part says of another is checked apart, in cross-checks.ts. */
export const modelSchema = z.strictObject(sections);

export type RawModel = z.output<typeof modelSchema>;
export type RawTable = z.output<typeof table>;
export type RawView = z.output<typeof view>;
export type RawPath = z.output<typeof path>;
export type RawParam = z.output<typeof param>;

/** The JSON Schema of `rowhouse.yaml`, for editors. */
export function renderJsonSchema(): string {
  const schema = z.toJSONSchema(modelSchema, { io: 'input' });
  return `${JSON.stringify({ title: 'rowhouse.yaml', ...schema }, null, 2)}\n`;
}

/** The schemas of the parts that can be read without the rest. */
export const parts = { ...sections, table, view, waiver };
