import { performance } from 'node:perf_hooks';
import type pg from 'pg';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { RowhouseError } from '../domain/errors.ts';
import type { Report } from '../domain/report.ts';
import type { Generated } from '../generate/generate-rows.ts';
import type { Intent } from '../intent/relation-intent.ts';
import { databaseError, isConnectionLoss, sqlstateOf } from '../postgres/database-error.ts';
import { assumeTruth, type SessionSettings } from '../postgres/impersonate.ts';
import { inRolledBackTransaction } from '../postgres/transaction.ts';
import { probes } from '../probe/index.ts';
import { inSameSnapshot, type Login, readLogin } from '../probe/login/login.ts';
import { presetsOf } from '../probe/login/presets.ts';
import { beginRun, type ProbeRun } from '../probe/run.ts';
import { Tally } from '../probe/tally.ts';
import { TimeLimit, TimeLimitReached } from '../probe/time-limit.ts';
import { formatQualified } from '../sql/ident.ts';
import type { RowMaker } from './generate.ts';
import { runInput, type Surroundings } from './run-input.ts';
import { SubjectChoice } from './select-subjects.ts';
import { readOnlySnapshot, withSameSnapshot } from './verify-connections.ts';
import { checkUsage, type VerifyOptions } from './verify-options.ts';
import { reportOf } from './verify-report.ts';

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
    const { writes = false } = options;
    const standby = writes && (await isStandby(client));
    const verification = new Verification(client, intent, snapshot, { ...options, writes: writes && !standby });
    if (standby) verification.leaveOutWrites();
    return await verification.report(() => Math.round(performance.now() - started));
  } catch (error) {
    if (sqlstateOf(error) === null && !isConnectionLoss(error)) throw error;
    throw databaseError(error, 'The verification stopped');
  }
}

/** The server notices a client that is gone in the middle of a statement, and lets go of its locks. */
const noticingDeparture: SessionSettings = { client_connection_check_interval: '1s' };

/** Some platforms cannot poll a socket, and refuse any value but 0. */
async function mayNoticeDeparture(client: pg.ClientBase): Promise<boolean> {
  const [setting] = Object.entries(noticingDeparture);
  return await inRolledBackTransaction(client, () =>
    client.query('select pg_catalog.set_config($1, $2, true)', setting).then(
      () => true,
      () => false,
    ),
  );
}

class Verification {
  readonly #tally = new Tally();
  #limits: SessionSettings;
  readonly #timeLimit: TimeLimit;
  #generated: Generated | undefined;
  #login: Login | null = null;
  #subjects: SubjectChoice | undefined;
  #current = '';

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
    for (const { object, reason } of options.outOfReach ?? []) {
      this.#tally.inconclusive('foreign-row-visible', object, reason);
    }
  }

  get #statementTimeoutMs(): number {
    return this.options.statementTimeoutMs ?? 60_000;
  }

  leaveOutWrites(): void {
    const reason =
      'The server is a standby, which takes no writes: none were tried, and no function was called. Verify the primary.';
    this.#tally.inconclusive('foreign-row-writable', this.snapshot.database, reason);
  }

  async report(elapsedMs: () => number): Promise<Report> {
    const { rows } = await this.client.query<{ role: string; version: string }>(
      `select current_user::pg_catalog.text as role, pg_catalog.current_setting('server_version') as version`,
    );
    const truthRole = rows[0]?.role ?? '';
    const runs = await this.#probe(truthRole);
    const [first] = runs;
    return reportOf(
      {
        snapshot: this.snapshot,
        serverVersion: rows[0]?.version ?? '',
        role: {
          app: this.options.appRoles.join(', '),
          truth: truthRole,
          truthRowSecurityActive: runs.some(({ targets }) => targets.some(({ privileges }) => privileges.truthBound)),
          ...(this.#login && { login: { user: this.#login.user, roles: this.#login.roles } }),
        },
        relations: first?.targets.length ?? 0,
        tenants: first?.subjects.length ?? 0,
        sampled: this.#subjects?.sampled ?? null,
        generated: this.#generated,
        tally: this.#tally,
        durationMs: elapsedMs(),
      },
      this.options,
    );
  }

  async #probe(truthRole: string): Promise<readonly ProbeRun[]> {
    const { client, options } = this;
    if (await mayNoticeDeparture(client)) this.#limits = { ...this.#limits, ...noticingDeparture };
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
        const subjects = await this.#chooseSubjects();
        // What was made here is seen nowhere else: not by another connection, and not after the rollback.
        const more = { connect: maker ? undefined : options.connect, jobs: options.jobs ?? 2 };
        return await withSameSnapshot(client, more, limit, async (helpers) => {
          const begun = await inSameSnapshot(this.#login, client, this.#limits, () =>
            this.#read({ truthRole, subjects, helpers, writesHere: maker !== undefined }),
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
    given: Pick<Surroundings, 'truthRole' | 'subjects' | 'helpers' | 'writesHere'>,
  ): Promise<readonly ProbeRun[]> {
    const surroundings: Surroundings = {
      ...given,
      client: this.client,
      intent: this.intent,
      snapshot: this.snapshot,
      login: this.#login,
      bounds: this.#limits,
      limits: { statementTimeoutMs: this.#statementTimeoutMs },
      timeLimit: this.#timeLimit,
      tally: this.#tally,
      progress: (step, fraction) => {
        this.options.onProgress?.({ probe: this.#current, step, ...(fraction !== undefined && { fraction }) });
        if (fraction === undefined) this.#timeLimit.enforce();
      },
    };
    const begun: ProbeRun[] = [];
    for (const role of this.#rolesToBegin())
      begun.push(await beginRun(await runInput(role, surroundings, this.options)));
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

  async #chooseSubjects(): Promise<SubjectChoice> {
    const { writes, tenants = 'all', sampleSeed: seed = 1 } = this.options;
    const { rows } = await this.client.query<{ id: string }>(this.intent.subjects);
    const all = rows.map(({ id }) => id);
    if (all.length < 2) {
      const hint = writes === true ? '' : ' With --writes, rows are generated for the time of the run.';
      const reason = `The model finds ${all.length} subjects in the database: it takes two to see whether they are apart.${hint}`;
      this.#tally.inconclusive('foreign-row-visible', this.snapshot.database, reason);
    }
    this.#subjects = new SubjectChoice(all, { tenants, seed, platform: this.intent.platform });
    return this.#subjects;
  }
}

async function isStandby(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ standby: boolean }>('select pg_catalog.pg_is_in_recovery() as standby');
  return rows[0]?.standby === true;
}

function rowsNeeded(): RowhouseError {
  return new RowhouseError('usage', 'app-url-without-rows', 'The database has no rows for --app-url to look at.', {
    hint: 'Rows that are made inside of one transaction are seen by no other login: store them with --generate.',
  });
}
