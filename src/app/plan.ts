import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type pg from 'pg';
import { findRelation, nameOf } from '../catalog/lookup.ts';
import { readSnapshot } from '../catalog/read-snapshot.ts';
import type { CatalogSnapshot, Policy, Relation } from '../catalog/snapshot.ts';
import { RowhouseError } from '../domain/errors.ts';
import { compileIntent } from '../intent/compile.ts';
import { loadMigrations } from '../migrate/project.ts';
import { assertNoDrift } from '../migrate/state.ts';
import type { FunctionRights, Model } from '../model/model.ts';
import type { PlannedFile } from '../plan/files.ts';
import { planConversion } from '../plan/index.ts';
import { livePolicies, ourPolicies, wantedPolicies } from '../plan/policies.ts';
import { isUnedited, policyPath, policyText, type PolicyFile } from '../plan/policy-file.ts';
import { heirsOf, readSituation, type Situation } from '../plan/situation.ts';
import type { Doubt, Note } from '../plan/step.ts';
import { connect, type Connection } from '../postgres/connect.ts';
import { databaseError, sqlstateOf } from '../postgres/database-error.ts';
import { inRolledBackTransaction } from '../postgres/transaction.ts';
import { formatQualified, sameName, type QualifiedName } from '../sql/ident.ts';
import { writtenName } from '../sql/written.ts';
import { countOrphans } from './plan-orphans.ts';
import type { Project } from './project.ts';
import { readSituation as readRecorded } from './run.ts';
import { renderPolicies, type Rendered } from './wanted-policies.ts';

export interface PlanRequest {
  readonly project: Project;
  readonly connection: Connection;
  /** Write the files; else only say what they would be. */
  readonly write: boolean;
}

export interface PlanResult {
  readonly files: readonly PlannedFile[];
  readonly policies: readonly PolicyFile[];
  /** Files of policies that a plan wrote, nobody edited, and the model has no use for any more; within the project. */
  readonly obsolete: readonly string[];
  readonly doubts: readonly Doubt[];
  readonly notes: readonly Note[];
  /** Migrations that are written and not applied: what they change is not planned again, and nothing is. */
  readonly pending: readonly string[];
}

/**
 * Says what is between a database and its model, and writes it as migrations and rollbacks. The database is read, and tried
 * on in a transaction that is rolled back; nothing of it changes.
 *
 * @throws RowhouseError where the model does not fit the database, or files and database disagree
 */
export async function plan({ project, connection, write }: PlanRequest): Promise<PlanResult> {
  const migrations = await loadMigrations(project.directory);
  const client = await connect(connection, 'rowhouse plan', { pipeline: true });
  let result: PlanResult;
  try {
    await client.query("set lock_timeout = '2s'");
    const { entries } = await readRecorded(client, migrations);
    assertNoDrift(entries);
    const pending = entries.filter(({ state }) => state === 'pending' || state === 'partial').map(({ id }) => id);
    if (pending.length > 0) return { files: [], policies: [], obsolete: [], doubts: [], notes: [], pending };
    const lastNumber = Math.max(0, ...migrations.map(({ number }) => number));
    result = await planOn(client, project, lastNumber);
  } catch (error) {
    throw databaseError(error, 'Cannot plan');
  } finally {
    await client.end();
  }
  if (write && result.doubts.length === 0) await writeFiles(project.directory, result);
  return result;
}

async function planOn(
  client: pg.ClientBase,
  { directory, model }: PlanRequest['project'],
  lastNumber: number,
): Promise<PlanResult> {
  const snapshot = await readSnapshot(client);
  assertTables(model, snapshot);
  compileIntent(model, snapshot, { partial: true });
  const written = await readPolicyFiles(directory, policedTables(model, snapshot));
  const reviewedPolicies = new Map([...written].filter(([, text]) => !isUnedited(text)));
  return await inRolledBackTransaction(client, async () => {
    // A role that row-level security binds would count no orphans, and call it none.
    await client.query('set local row_security = off');
    const rights = await readRights(client, model);
    const first = readSituation(model, snapshot, { settledPolicies: new Set(), reviewedPolicies, rights });
    const settledPolicies = await findSettled(client, first);
    const situation = readSituation(model, snapshot, { settledPolicies, reviewedPolicies, rights });
    const planned = planConversion(situation, lastNumber);
    const orphans = planned.doubts.length > 0 ? { doubts: [], notes: [] } : await countOrphans(client, situation);
    const doubts = [...planned.doubts, ...orphans.doubts];
    return {
      files: doubts.length > 0 ? [] : planned.files,
      policies: planned.policies.filter(({ table, text }) => written.get(writtenName(table)) !== text),
      obsolete: obsoleteFiles(situation, written),
      doubts,
      notes: [...planned.notes, ...orphans.notes],
      pending: [],
    };
  });
}

/** What the catalog does not have cannot be converted. @throws RowhouseError `no-such-table` */
function assertTables(model: Model, snapshot: CatalogSnapshot): void {
  const missing = model.tables
    .filter(({ table, tenancy }) => tenancy !== 'schema' && findRelation(snapshot, table) === undefined)
    .map(({ table }) => `${formatQualified(table)}: the database ${snapshot.database} has no such table`);
  if (missing.length === 0) return;
  throw new RowhouseError('configuration', 'no-such-table', `${model.path} names tables that are not there.`, {
    detail: missing.join('\n'),
    hint: 'Mend the names, or make the tables by a migration of your own first.',
  });
}

/** The tables of the model, and those that inherit from them. */
function policedTables(model: Model, snapshot: CatalogSnapshot): readonly QualifiedName[] {
  return model.tables.flatMap(({ table }) => {
    const relation = findRelation(snapshot, table);
    return [table, ...(relation === undefined ? [] : heirsOf(model, snapshot, relation).map(nameOf))];
  });
}

/** Unedited files of tables whose rows have no owners by the model, or not any more. */
function obsoleteFiles({ model, tables }: Situation, written: ReadonlyMap<string, string>): readonly string[] {
  return model.tables
    .map(({ table }) => table)
    .filter((table) => isUnedited(written.get(writtenName(table)) ?? ''))
    .filter((table) => !tables.some(({ relation }) => sameName(nameOf(relation), table)))
    .map(policyPath);
}

/** The files of wanted policies that are there, by the table's name. */
async function readPolicyFiles(directory: string, tables: readonly QualifiedName[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const table of tables) {
    const text = await readFile(join(directory, policyPath(table)), 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    });
    if (text !== undefined) texts.set(writtenName(table), text);
  }
  return texts;
}

/**
 * With whose rights functions are to run. PostgreSQL reads their signatures: types have several names.
 *
 * @throws RowhouseError `no-such-function`
 */
async function readRights(client: pg.ClientBase, model: Model): Promise<ReadonlyMap<number, FunctionRights>> {
  const found = new Map<number, FunctionRights>();
  for (const { signature, rights } of model.functions) {
    if (rights === null) continue;
    const { rows } = await client.query<{ oid: number | null }>(
      'select pg_catalog.to_regprocedure($1)::pg_catalog.oid as oid',
      [signature],
    );
    const oid = rows[0]?.oid ?? null;
    if (oid === null) {
      throw new RowhouseError(
        'configuration',
        'no-such-function',
        `${model.path}: the database has no function ${signature}.`,
        { hint: 'Write it with its schema and the types of its arguments, as \\df shows them.' },
      );
    }
    found.set(oid, rights);
  }
  return found;
}

/** Tables whose policies PostgreSQL prints as it would print the wanted ones. */
async function findSettled(client: pg.ClientBase, situation: Situation): Promise<ReadonlySet<string>> {
  const settled = new Set<string>();
  for (const wanted of wantedPolicies(situation)) {
    const { relation, isNew } = wanted.tenant;
    const live = livePolicies(situation, wanted.tenant);
    // Without a policy there is nothing to compare: and its column may not be there yet.
    if (isNew || live.length === 0) continue;
    const made = await renderPolicies(client, relation, policyPath(nameOf(relation)), policyText(wanted)).catch(
      (error: unknown) => {
        // They ask for a function or a column that this plan is going to make.
        if (isAbsence(error)) return undefined;
        throw error;
      },
    );
    if (made !== undefined && isSettled(relation, live, made)) settled.add(writtenName(nameOf(relation)));
  }
  return settled;
}

function isAbsence(error: unknown): boolean {
  const cause = error instanceof RowhouseError ? error.cause : error;
  return ['42883', '42703', '42P01', '3F000'].includes(sqlstateOf(cause) ?? '');
}

/** Whether a table has these policies; others that it has beside them are its own. */
function isSettled(relation: Relation, live: readonly Policy[], made: Rendered): boolean {
  const printed = ({ polname, polpermissive, polcmd, polroles, polqual, polwithcheck }: Policy): string =>
    JSON.stringify([polname, polpermissive, polcmd, polroles, polqual, polwithcheck]);
  const has = new Set(live.map(printed));
  const wanted = new Set(made.policies.map(({ polname }) => polname));
  return (
    relation.relrowsecurity === made.relrowsecurity &&
    relation.relforcerowsecurity === made.relforcerowsecurity &&
    made.policies.every((policy) => has.has(printed(policy))) &&
    live.every(({ polname }) => wanted.has(polname) || !ourPolicies.includes(polname))
  );
}

const filesAtOnce = 32;

async function writeFiles(directory: string, { files, policies, obsolete }: PlanResult): Promise<void> {
  // What is there was written by somebody; of policies only what nobody has edited is written anew.
  const texts = [
    ...files.flatMap(({ id, up, down }) => [
      { path: `migrations/${id}.sql`, text: up, flag: 'wx' },
      { path: `rollbacks/${id}.sql`, text: down, flag: 'wx' },
    ]),
    ...policies.map(({ path, text }) => ({ path, text, flag: 'w' })),
  ];
  const folders = new Set(texts.map(({ path }) => dirname(join(directory, path))));
  for (const folder of folders) await mkdir(folder, { recursive: true });
  // In their order, so that what is there after a failure are the first of them; a few at once, since a plan may have thousands.
  for (let start = 0; start < texts.length; start += filesAtOnce) {
    const some = texts.slice(start, start + filesAtOnce);
    await Promise.all(some.map(({ path, text, flag }) => writeFile(join(directory, path), text, { flag })));
  }
  for (const path of obsolete) await rm(join(directory, path));
}
