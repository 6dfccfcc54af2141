import { performance } from 'node:perf_hooks';
import type pg from 'pg';
import { nameOf } from '../catalog/lookup.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { RowhouseError } from '../domain/errors.ts';
import { mergeFindings } from '../domain/finding.ts';
import type { Generated } from '../generate/generate-rows.ts';
import type { RowMaker } from './generate.ts';
import { applyWaivers } from './waivers.ts';
import { outcomeOf, type Report } from '../domain/report.ts';
import type { Intent } from '../intent/relation-intent.ts';
import type { FunctionModel } from '../model/model.ts';
import { databaseError, isConnectionLoss, sqlstateOf } from '../postgres/database-error.ts';
import { assumeTruth, type SessionSettings } from '../postgres/impersonate.ts';
import { inRolledBackTransaction } from '../postgres/transaction.ts';
import type { ListedCalls } from '../probe/asked.ts';
import { probes } from '../probe/index.ts';
import { readPrivileges } from '../probe/privileges.ts';
import { mayUseBlocks } from '../probe/block.ts';
import type { RunInput } from '../probe/input.ts';
import { inSameSnapshot, type Login, readLogin } from '../probe/login/login.ts';
import { presetsOf, settablePresets, settingsOf } from '../probe/login/presets.ts';
import { chooseSample, readWeights } from '../probe/sample.ts';
import { beginRun, type ProbeRun } from '../probe/run.ts';
import { attempt, ProbeSession } from '../probe/session.ts';
import { Tally } from '../probe/tally.ts';
import { type Target, targetsOf } from '../probe/target.ts';
import { TimeLimit, TimeLimitReached } from '../probe/time-limit.ts';
import { formatQualified } from '../sql/ident.ts';
import { namedSubjects } from './select-subjects.ts';
import { readOnlySnapshot, withSameSnapshot } from './verify-connections.ts';
import { checkUsage, type VerifyOptions } from './verify-options.ts';

export type { VerifyOptions, VerifyProgress } from './verify-options.ts';

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
  #login: Login | null = null;

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
      role: {
        app: options.appRoles.join(', '),
        truth: truthRole,
        truthRowSecurityActive: bound,
        ...(this.#login && { login: { user: this.#login.user, roles: this.#login.roles } }),
      },
      outcome: outcomeOf(findings, inconclusive, options.failOn ?? 'warning'),
      coverage: {
        relations: first?.targets.length ?? 0,
        tenants: first?.subjects.length ?? 0,
        attackers: this.#tally.attackers,
        checks: known.checks + this.#tally.checks,
        inconclusive: inconclusive.length,
        unreachable: this.#tally.unreachables,
        ...(this.#sampled && { sampled: { of: this.#subjectCount, seed: options.sampleSeed ?? 1 } }),
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
    const { client, options } = this;
    const maker = options.writes === true ? await this.#neededMaker(truthRole) : undefined;
    if (options.appConnection) {
      if (maker) throw rowsNeeded();
      this.#login = await readLogin(options.appConnection, this.snapshot, options.appRoles);
    }
    const runs = await inRolledBackTransaction(
      client,
      async () => {
        const limit = (connection: pg.ClientBase): Promise<void> => this.#limit(connection, truthRole);
        await limit(client);
        if (maker) this.#noteGenerated(await maker.generate(client));
        const all = await this.#allSubjects();
        // What was made here is seen nowhere else: not by another connection, and not after the rollback.
        const more = { connect: maker ? undefined : options.connect, jobs: options.jobs ?? 2 };
        return await withSameSnapshot(client, more, limit, async (helpers) => {
          const begun = await inSameSnapshot(this.#login, client, this.#limits, () =>
            this.#read(truthRole, all, helpers),
          );
          if (maker) for (const run of begun) await this.#runProbes(run, true);
          return begun.map((run) => ({ ...run, helpers: [] }));
        });
      },
      maker ? 'begin isolation level repeatable read read write' : readOnlySnapshot,
    );
    if (options.writes === true && !maker) for (const run of runs) await this.#runProbes(run, true);
    return runs;
  }

  async #read(
    truthRole: string,
    subjects: readonly string[],
    helpers: readonly pg.ClientBase[],
  ): Promise<readonly ProbeRun[]> {
    const begun: ProbeRun[] = [];
    for (const role of this.#rolesToBegin()) {
      begun.push(await beginRun(await this.#input(truthRole, role, subjects, helpers)));
    }
    for (const run of begun) await this.#runProbes(run, false);
    return begun;
  }

  async #neededMaker(truthRole: string): Promise<RowMaker | undefined> {
    const { rowMaker } = this.options;
    const needed = await inRolledBackTransaction(
      this.client,
      async () => {
        await this.#limit(this.client, truthRole);
        return await rowMaker?.isNeeded(this.client);
      },
      readOnlySnapshot,
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

  async #limit(connection: pg.ClientBase, truthRole: string): Promise<void> {
    for (const [name, value] of Object.entries(this.#limits)) {
      await connection.query('select pg_catalog.set_config($1, $2, true)', [name, value]);
    }
    await assumeTruth(connection, truthRole);
  }

  async #runProbes(run: ProbeRun, writes: boolean): Promise<void> {
    for (const probe of probes) {
      const tries = probe.writes === writes ? probe.run : writes ? probe.runWrites : undefined;
      if (tries === undefined) continue;
      this.#current = probe.id;
      try {
        await tries(run);
      } catch (error) {
        if (!(error instanceof TimeLimitReached)) throw error;
        this.#tally.inconclusive(probe.id, this.snapshot.database, error.message);
      }
    }
  }
  #current = '';
  #subjectCount = 0;

  async #allSubjects(): Promise<readonly string[]> {
    const { rows } = await this.client.query<{ id: string }>(this.intent.subjects);
    const all = rows.map(({ id }) => id);
    this.#subjectCount = all.length;
    if (all.length < 2) {
      const hint = this.options.writes === true ? '' : ' With --writes, rows are generated for the time of the run.';
      const reason = `The model finds ${all.length} subjects in the database: it takes two to see whether they are apart.${hint}`;
      this.#tally.inconclusive('foreign-row-visible', this.snapshot.database, reason);
    }
    return all;
  }

  /** The same for all roles: what the first may reach tells who has many rows. */
  async #choose(all: readonly string[], session: ProbeSession, targets: readonly Target[]): Promise<readonly string[]> {
    const { tenants = 'all', sampleSeed: seed = 1 } = this.options;
    if (tenants === 'all' || (typeof tenants === 'number' && tenants >= all.length)) return all;
    if (typeof tenants !== 'number') return namedSubjects(all, tenants);
    this.#sampled ??= chooseSample(all, tenants, await readWeights(session, targets, seed), {
      platform: this.intent.platform,
      seed,
    });
    return this.#sampled;
  }
  #sampled: readonly string[] | undefined;

  async #input(
    truthRole: string,
    appRole: string,
    all: readonly string[],
    helpers: readonly pg.ClientBase[],
  ): Promise<RunInput> {
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
    const login = this.#login?.roles.includes(appRole) ? this.#login : null;
    const presets = await settablePresets(presetsOf(this.snapshot, login?.user ?? appRole), async ({ name, value }) => {
      return (await plain.truth('select pg_catalog.set_config($1, $2, true)', [name, value])).ok;
    });
    const session = new ProbeSession(this.client, truthRole, appRole, presets, login);
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
      subjects: await this.#choose(all, session, targets),
      membership,
      noun: membership ? 'user' : 'tenant',
      contextOf: (subject) => Object.fromEntries(contextOf(subject).map(({ setting, value }) => [setting, value])),
      queries: only ? null : (this.options.queries ?? []),
      listedCalls: only ? [] : await listedCalls(session, this.options.functions ?? []),
      // They would read as SET ROLE makes the role.
      helpers: login ? [] : helpers.map((helper) => new ProbeSession(helper, truthRole, appRole, presets)),
      blocks: await mayUseBlocks(session),
      limits: { statementTimeoutMs: this.#statementTimeoutMs },
      timeLimit: this.#timeLimit,
      writeSettings: { ...settingsOf(presets), ...this.#limits, ...(await quietSettings(session)) },
      tally: this.#tally,
      progress: (step, fraction) => {
        this.options.onProgress?.({ probe: this.#current, step, ...(fraction !== undefined && { fraction }) });
        if (fraction === undefined) this.#timeLimit.enforce();
      },
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

function rowsNeeded(): RowhouseError {
  return new RowhouseError('usage', 'app-url-without-rows', 'The database has no rows for --app-url to look at.', {
    hint: 'Rows that are made inside of one transaction are seen by no other login: store them with --generate.',
  });
}
