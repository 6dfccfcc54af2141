import { nameOf } from '../../catalog/lookup.ts';
import { quoteIdent, quoteQualified } from '../../sql/ident.ts';
import type { RunInput } from '../input.ts';
import { describeFailure, isEnvironmental } from '../session.ts';
import type { Updatable } from './updatable.ts';
import { checkingAll } from './live.ts';
import type { KeyEffect, KeysOfScene } from './effect.ts';
import { plainColumns, type Row, type Sample } from './material.ts';
import type { Scene } from './scene.ts';
import { insertableColumns, insertStatement, updateStatement } from './statements.ts';
import type { Statement } from './transaction.ts';
import { type Tried, tryStatement } from './try.ts';
import { globalKeys, type GlobalKey } from './unique-keys.ts';

/** Takes values of others' rows for rows of its own, and looks whether a key that holds for all tenants gives them away. */
export async function tryKeys(run: RunInput, scene: Scene, may: Updatable): Promise<KeysOfScene> {
  const effects: KeyEffect[] = [];
  const obstacles: string[] = [];
  let reached = 0;
  const {
    own: [own],
    foreign,
  } = scene.material;
  if (own === undefined) return { reached, effects, obstacles };
  const isView = scene.target.relation.relkind === 'v';
  for (const key of globalKeys(run, scene.target)) {
    const taken = foreign.find(({ row }) => key.columns.every((column) => (row[column] ?? null) !== null));
    if (taken === undefined) continue;
    const tries = [
      ...(may.insert && may.update ? upserts(run, scene, key, own, taken) : []),
      ...(isView || key.declared || !key.natural ? [] : probes(run, scene, key, own, taken, may)),
    ];
    for (const { statement, judge } of tries) {
      // A trigger checks a deferrable key, which else is quiet here.
      const prepare = key.deferrable ? checkingAll : undefined;
      const tried = await tryStatement(run, scene, statement, { without: own.place }, prepare);
      const rows = tried.ok ? changed(tried.value) : 0;
      const did = tried.ok ? (rows > 0 ? 'wrote' : null) : judge(tried.failure);
      if (!tried.ok && isEnvironmental(tried.failure))
        obstacles.push(`${key.index.relname}: ${describeFailure(tried.failure)}`);
      else reached += 1;
      if (did === null) continue;
      const { subject } = scene;
      effects.push({
        subject,
        key: key.index.relname,
        columns: key.columns,
        did,
        rows,
        declared: key.declared,
        statement: statement.sql,
      });
    }
  }
  return { reached, effects, obstacles };
}

/** Rows of others that were changed or taken over. */
function changed({ before, after }: Tried): number {
  return Math.max(after.foreignWritten, before.foreign - after.foreign);
}

interface Try {
  readonly statement: Statement;
  /** What an error says about the hidden row. */
  readonly judge: (failure: {
    readonly sqlstate: string;
    readonly message: string;
    readonly routine: string | null;
  }) => KeyEffect['did'] | null;
}

/** A row of its own with somebody else's value, as a new one or as a change. */
function probes(
  run: RunInput,
  { target, material }: Scene,
  key: GlobalKey,
  own: Sample,
  taken: Sample,
  may: Updatable,
): readonly Try[] {
  const values: Row = Object.fromEntries(key.columns.map((column) => [column, taken.row[column] ?? null]));
  const judge: Try['judge'] = (failure) =>
    ['23505', '23P01'].includes(failure.sqlstate) && failure.message.includes(`"${key.index.relname}"`) ? 'told' : null;
  const settable = (granted: readonly string[]): boolean => key.columns.every((column) => granted.includes(column));
  const insertable = insertableColumns(run, target).map(({ attname }) => attname);
  const other = material.own[1];
  return [
    ...(may.insert && settable(insertable)
      ? [{ statement: insertStatement(run, target, own.row, values), judge }]
      : []),
    ...(may.update && target.keyed && other && settable(target.privileges.update)
      ? [{ statement: updateStatement(target, values, other.row), judge }]
      : []),
  ];
}

/** A row of its own that meets the key of somebody else's, and is to take its place. */
function upserts(run: RunInput, { target }: Scene, key: GlobalKey, own: Sample, taken: Sample): readonly Try[] {
  const [plain] = plainColumns(run, target).filter((column) => target.privileges.insert.includes(column));
  // PostgreSQL takes no deferrable key for ON CONFLICT.
  const exact =
    !key.deferrable &&
    key.index.columns.every((column) => column !== null) &&
    key.index.indpred === null &&
    key.index.indisunique;
  const insertable = insertableColumns(run, target).map(({ attname }) => attname);
  if (plain === undefined || !exact || !key.columns.every((column) => insertable.includes(column))) return [];
  const values: Row = Object.fromEntries(key.columns.map((column) => [column, taken.row[column] ?? null]));
  const insert = insertStatement(run, target, own.row, values);
  const conflict = `on conflict (${key.columns.map(quoteIdent).join(', ')})`;
  const setting = (columns: readonly string[]): string =>
    `do update set ${columns.map((column) => `${quoteIdent(column)} = excluded.${quoteIdent(column)}`).join(', ')}`;
  const set = setting([plain]);
  const { tenantColumn } = target.truth;
  const takes =
    tenantColumn !== null && insertable.includes(tenantColumn) && target.privileges.update.includes(tenantColumn);
  const relation = quoteQualified(nameOf(target.relation));
  // It fails wherever it runs: a policy that speaks first keeps it from running.
  const spy = `where 1 / (pg_catalog.length(coalesce(${relation}.${quoteIdent(plain)}::pg_catalog.text, '')) * 0) = 1`;
  return [
    { statement: { sql: `${insert.sql} ${conflict} ${set}`, values: insert.values }, judge: () => null },
    // The check of a view lets a row pass that becomes one's own.
    ...(takes
      ? [
          {
            statement: { sql: `${insert.sql} ${conflict} ${setting([plain, tenantColumn])}`, values: insert.values },
            judge: () => null,
          },
        ]
      : []),
    ...(key.natural && target.relation.relkind !== 'v'
      ? [
          {
            statement: { sql: `${insert.sql} ${conflict} ${set} ${spy}`, values: insert.values },
            judge: ({ sqlstate }: { readonly sqlstate: string }) => (sqlstate === '22012' ? ('ran' as const) : null),
          },
        ]
      : []),
  ];
}
