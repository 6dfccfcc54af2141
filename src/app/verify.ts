import { performance } from 'node:perf_hooks';
import type pg from 'pg';
import { nameOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { RowhouseError } from '../domain/errors.ts';
import { mergeFindings, type Finding, type Severity } from '../domain/finding.ts';
import type { Generated } from '../generate/generate-rows.ts';
import { checkRoles } from './app-roles.ts';
import type { RowMaker } from './generate.ts';
import { applyWaivers } from './waivers.ts';
import { outcomeOf, type Report, type Tool } from '../domain/report.ts';
import type { ContextAssignment } from '../intent/context.ts';
import type { Intent } from '../intent/relation-intent.ts';
import type { FunctionModel, Waiver } from '../model/model.ts';
import { databaseError, isConnectionLoss, sqlstateOf } from '../postgres/database-error.ts';
import { assumeTruth, type SessionSettings } from '../postgres/impersonate.ts';
import { inRolledBackTransaction } from '../postgres/transaction.ts';
import type { AskedQuery, ListedCalls } from '../probe/asked.ts';
import { probes } from '../probe/index.ts';
import { readPrivileges } from '../probe/privileges.ts';
import { mayUseBlocks } from '../probe/block.ts';
import type { Estimate, RunInput } from '../probe/input.ts';
import { presetsOf, settablePresets, settingsOf } from '../probe/login/presets.ts';
import { beginRun, type ProbeRun } from '../probe/run.ts';
import { attempt, ProbeSession } from '../probe/session.ts';
import { Tally } from '../probe/tally.ts';
import { targetsOf } from '../probe/target.ts';
import { TimeLimit } from '../probe/time-limit.ts';
import { formatQualified } from '../sql/ident.ts';

/** What is being done, for a progress line. */
export interface VerifyProgress {
  readonly probe: string;
  /** Such as `rows of public.tools`. */
  readonly step: string;
  /** How much of a long step is done, 0 to 1, where that is known. */
  readonly fraction?: number;
}

export interface VerifyOptions {
  readonly tool: Tool;
  /** The roles that the application uses; at least one. */
  readonly appRoles: readonly string[];
  /** The settings of a session that works for a subject. */
  readonly contextOf: (subject: string) => readonly ContextAssignment[];
  /** Subjects are users with memberships, and not tenants. */
  readonly membership?: boolean;
  /** Try writes too, in transactions that are rolled back: for scratch databases. */
  readonly writes?: boolean;
  /** Makes rows in a database that has too few, where writes are allowed: they are rolled back with the rest. */
  readonly rowMaker?: RowMaker;
  /** Rows that were generated for this verification, and stay. */
  readonly generated?: Generated;
  readonly failOn?: Severity;
  /** Which subjects: all, so many spread over all, or these. */
  readonly tenants?: 'all' | number | readonly string[];
  /** Only these relations, as `schema.relation`; all where left out. */
  readonly relations?: readonly string[];
  /** Queries of the application, each one SELECT: their answers must not depend on rows of others. */
  readonly queries?: readonly AskedQuery[];
  /** Calls of functions that are not made otherwise. */
  readonly functions?: readonly FunctionModel[];
  readonly waivers?: readonly Waiver[];
  /** What another layer has found: it is reported with the rest, and what both found once. */
  readonly known?: { readonly findings: readonly Finding[]; readonly checks: number };
  /** Today, for waivers that end. */
  readonly now?: Date;
  /** No statement runs longer, in milliseconds. */
  readonly statementTimeoutMs?: number;
  /** No statement waits longer for a lock, in milliseconds. */
  readonly lockTimeoutMs?: number;
  /** After so many milliseconds what is left is inconclusive. */
  readonly timeLimitMs?: number;
  readonly onProgress?: (progress: VerifyProgress) => void;
  /** Said once, before the long part begins. */
  readonly onEstimate?: (estimate: Estimate) => void;
}

/**
 * Looks for rows that the app role of one tenant can see, lose or change although they are another's.
 * Reads in one REPEATABLE READ READ ONLY transaction; writes, if asked for, each in a transaction of its own. All are rolled back.
 * Where rows have to be made first, all of it happens in one transaction.
 *
 * The client's role reads the truth: row-level security must not bind it, and it must be able to become the app roles.
 * Give it a new connection: what a session without a context sees can only be tried before it had one.
 *
 * @throws RowhouseError `unknown-role`, `unknown-tenant`, `unknown-relation`, `cannot-become-app`, `no-app-role`
 */
export async function verify(
  client: pg.ClientBase,
  intent: Intent,
  snapshot: CatalogSnapshot,
  options: VerifyOptions,
): Promise<Report> {
  const started = performance.now();
  checkUsage(intent, snapshot, options);
  try {
    const verification = new Verification(client, intent, snapshot, options);
    return await verification.report(() => Math.round(performance.now() - started));
  } catch (error) {
    if (sqlstateOf(error) === null && !isConnectionLoss(error)) throw error;
    throw databaseError(error, 'The verification stopped');
  }
}

class Verification {
  readonly #tally = new Tally();
  readonly #limits: SessionSettings;
  readonly #timeLimit: TimeLimit;
  #generated: Generated | undefined;

  constructor(
    private readonly client: pg.ClientBase,
    private readonly intent: Intent,
    private readonly snapshot: CatalogSnapshot,
    private readonly options: VerifyOptions,
  ) {
    this.#timeLimit = new TimeLimit(options.timeLimitMs ?? 15 * 60_000);
    this.#limits = {
      statement_timeout: String(this.#statementTimeoutMs),
      lock_timeout: String(options.lockTimeoutMs ?? 2_000),
    };
    if (options.generated) this.#noteGenerated(options.generated);
  }

  get #statementTimeoutMs(): number {
    return this.options.statementTimeoutMs ?? 60_000;
  }

  async report(elapsedMs: () => number): Promise<Report> {
    const { client, options } = this;
    const { rows } = await client.query<{ role: string; version: string }>(
      `select current_user::pg_catalog.text as role, pg_catalog.current_setting('server_version') as version`,
    );
    const truthRole = rows[0]?.role ?? '';
    const runs = await this.#probe(truthRole);
    const [first] = runs;
    const bound = runs.some(({ targets }) => targets.some(({ privileges }) => privileges.truthBound));
    const known = options.known ?? { findings: [], checks: 0 };
    const found = mergeFindings([...known.findings, ...this.#tally.findings]);
    const { findings, waived } = applyWaivers(found, options.waivers ?? [], options.now ?? new Date());
    const inconclusive = this.#tally.inconclusives;
    return {
      schemaVersion: 1,
      tool: options.tool,
      server: {
        versionNum: this.snapshot.serverVersionNum,
        version: rows[0]?.version ?? '',
        database: this.snapshot.database,
      },
      role: { app: options.appRoles.join(', '), truth: truthRole, truthRowSecurityActive: bound },
      outcome: outcomeOf(findings, inconclusive, options.failOn ?? 'warning'),
      coverage: {
        relations: first?.targets.length ?? 0,
        tenants: first?.subjects.length ?? 0,
        attackers: this.#tally.attackers,
        checks: known.checks + this.#tally.checks,
        inconclusive: inconclusive.length,
        unreachable: this.#tally.unreachables,
        ...(this.#tally.sharedRowsInPart.length > 0 && { sharedInPart: this.#tally.sharedRowsInPart }),
        ...(this.#generated && {
          generated: {
            tenants: this.#generated.tenants,
            rows: this.#generated.rows,
            relations: this.#generated.relations.length,
            kept: this.options.generated !== undefined,
          },
        }),
        ...(this.#tally.notCalled.length > 0 && { notCalled: this.#tally.notCalled }),
        ...(this.#tally.changedInPart.length > 0 && { changedInPart: this.#tally.changedInPart }),
      },
      findings,
      inconclusive,
      waived,
      durationMs: elapsedMs(),
    };
  }

  async #probe(truthRole: string): Promise<readonly ProbeRun[]> {
    const readOnly = 'begin isolation level repeatable read read only';
    const maker = this.options.writes === true ? await this.#neededMaker(truthRole, readOnly) : undefined;
    const runs = await inRolledBackTransaction(
      this.client,
      async () => {
        await this.#limit(truthRole);
        if (maker) this.#noteGenerated(await maker.generate(this.client));
        const subjects = await this.#subjects();
        const begun: ProbeRun[] = [];
        for (const role of this.#rolesToBegin())
          begun.push(await beginRun(await this.#input(truthRole, role, subjects)));
        for (const run of begun) await this.#runProbes(run, false);
        // What was made here is seen nowhere else.
        if (maker) for (const run of begun) await this.#runProbes(run, true);
        return begun;
      },
      maker ? 'begin isolation level repeatable read read write' : readOnly,
    );
    if (this.options.writes === true && !maker) for (const run of runs) await this.#runProbes(run, true);
    return runs;
  }

  async #neededMaker(truthRole: string, begin: string): Promise<RowMaker | undefined> {
    const { rowMaker } = this.options;
    const needed = await inRolledBackTransaction(
      this.client,
      async () => {
        await this.#limit(truthRole);
        return await rowMaker?.isNeeded(this.client);
      },
      begin,
    );
    return needed === true ? rowMaker : undefined;
  }

  #noteGenerated(generated: Generated): void {
    this.#generated = generated;
    for (const { relation, reason } of generated.obstacles) {
      this.#tally.inconclusive('foreign-row-visible', formatQualified(relation), reason);
    }
  }

  /** Those whose logins start with settings come last: what was once set in this session never is unset again. */
  #rolesToBegin(): readonly string[] {
    const presets = (role: string): number => presetsOf(this.snapshot, role).length;
    return this.options.appRoles.toSorted((a, b) => presets(a) - presets(b));
  }

  async #limit(truthRole: string): Promise<void> {
    for (const [name, value] of Object.entries(this.#limits)) {
      await this.client.query('select pg_catalog.set_config($1, $2, true)', [name, value]);
    }
    await assumeTruth(this.client, truthRole);
  }

  async #runProbes(run: ProbeRun, writes: boolean): Promise<void> {
    for (const probe of probes.filter((candidate) => candidate.writes === writes)) {
      this.#current = probe.id;
      await probe.run(run);
    }
  }
  #current = '';

  async #subjects(): Promise<readonly string[]> {
    const { rows } = await this.client.query<{ id: string }>(this.intent.subjects);
    const all = rows.map(({ id }) => id);
    if (all.length < 2) {
      const hint = this.options.writes === true ? '' : ' With --writes, rows are generated for the time of the run.';
      const reason = `The model finds ${all.length} subjects in the database: it takes two to see whether they are apart.${hint}`;
      this.#tally.inconclusive('foreign-row-visible', this.snapshot.database, reason);
    }
    return selectSubjects(all, this.options.tenants ?? 'all');
  }

  async #input(truthRole: string, appRole: string, subjects: readonly string[]): Promise<RunInput> {
    const plain = new ProbeSession(this.client, truthRole, appRole);
    const become = await attempt(() => plain.asApp({}, () => Promise.resolve()));
    if (!become.ok) {
      throw new RowhouseError(
        'database',
        'cannot-become-app',
        `${truthRole} cannot become ${appRole}: ${become.failure.message}.`,
        {
          hint: `Connect as a superuser, or as a role with BYPASSRLS that is a member of ${appRole}.`,
        },
      );
    }
    const presets = await settablePresets(presetsOf(this.snapshot, appRole), async ({ name, value }) => {
      return (await plain.truth('select pg_catalog.set_config($1, $2, true)', [name, value])).ok;
    });
    const session = new ProbeSession(this.client, truthRole, appRole, presets);
    const privileges = await readPrivileges(this.client, this.snapshot, appRole);
    const only = this.options.relations && new Set(this.options.relations);
    const targets = targetsOf(this.intent, this.snapshot, privileges);
    const modelled = new Set(targets.map(({ relation }) => relation.oid));
    const unmodelled = this.snapshot.relations.filter(({ oid }) => !modelled.has(oid));
    const isWanted = (name: string): boolean => only?.has(name) ?? true;
    const { membership = false, contextOf } = this.options;
    return {
      session,
      intent: this.intent,
      snapshot: this.snapshot,
      privileges,
      targets: targets.filter(({ name }) => isWanted(name)),
      unmodelled: unmodelled.filter((relation) => isWanted(formatQualified(nameOf(relation)))),
      subjects,
      membership,
      noun: membership ? 'user' : 'tenant',
      contextOf: (subject) => Object.fromEntries(contextOf(subject).map(({ setting, value }) => [setting, value])),
      queries: only ? null : (this.options.queries ?? []),
      listedCalls: only ? [] : await listedCalls(session, this.options.functions ?? []),
      helpers: [],
      blocks: await mayUseBlocks(session),
      limits: { statementTimeoutMs: this.#statementTimeoutMs },
      timeLimit: this.#timeLimit,
      writeSettings: { ...settingsOf(presets), ...this.#limits, ...(await quietSettings(session)) },
      tally: this.#tally,
      progress: (step, fraction) =>
        this.options.onProgress?.({ probe: this.#current, step, ...(fraction !== undefined && { fraction }) }),
      estimate: (estimate) => this.options.onEstimate?.(estimate),
    };
  }
}

/** Without triggers and foreign keys a refused write means a policy; only a role that may set this gets it. */
async function quietSettings(session: ProbeSession): Promise<SessionSettings> {
  const quiet = await session.truth(`select pg_catalog.set_config('session_replication_role', 'replica', true)`);
  return quiet.ok ? { session_replication_role: 'replica' } : {};
}

async function listedCalls(
  session: ProbeSession,
  functions: readonly FunctionModel[],
): Promise<readonly ListedCalls[]> {
  const listed: ListedCalls[] = [];
  for (const { signature, calls } of functions) {
    const sql = 'select pg_catalog.to_regprocedure($1)::pg_catalog.oid as oid';
    const found = await session.truth<{ oid: number | null }>(sql, [signature]);
    listed.push({ signature, calls, oid: found.ok ? (found.value[0]?.oid ?? null) : null });
  }
  return listed;
}

function checkUsage(intent: Intent, snapshot: CatalogSnapshot, options: VerifyOptions): void {
  checkRoles(snapshot, options.appRoles);
  const known = new Set([...intent.relations, ...snapshot.relations.map(nameOf)].map(formatQualified));
  const relation = options.relations?.find((name) => !known.has(name));
  if (relation !== undefined) {
    throw new RowhouseError('usage', 'unknown-relation', `There is no relation ${relation} to verify.`, {
      hint: 'Give it as schema.relation, as the model names it.',
    });
  }
}

/** Some of the subjects: a number is spread evenly over all of them, so that old and new ones are among them. */
export function selectSubjects(all: readonly string[], wanted: 'all' | number | readonly string[]): readonly string[] {
  if (wanted === 'all') return all;
  if (typeof wanted === 'number') {
    const count = Math.min(Math.max(0, wanted), all.length);
    return Array.from({ length: count }, (_, index) => all[Math.floor((index * all.length) / count)] ?? '');
  }
  const unknown = wanted.find((id) => !all.includes(id));
  if (unknown !== undefined) {
    throw new RowhouseError('usage', 'unknown-tenant', `The database has no tenant ${unknown}.`, {
      hint: 'Give ids as the tenants table holds them.',
    });
  }
  return wanted;
}
