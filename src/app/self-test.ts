import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type pg from 'pg';
import { readSnapshot } from '../catalog/read-snapshot.ts';
import { messageOf, RowhouseError } from '../domain/errors.ts';
import type { Report, Server, Tool } from '../domain/report.ts';
import {
  type LookAlike,
  type PlantedClass,
  type PlantedLeak,
  type RefusedChange,
  type SelfTestReport,
  selfTestOutcome,
} from '../domain/self-test.ts';
import { compileIntent } from '../intent/compile.ts';
import { contextAssignments } from '../intent/context.ts';
import { lintRules } from '../lint/index.ts';
import { lint } from '../lint/lint.ts';
import type { Model } from '../model/model.ts';
import { databaseError, isConnectionLoss, sqlstateOf } from '../postgres/database-error.ts';
import { cancelledError } from '../postgres/session.ts';
import { inRolledBackTransaction } from '../postgres/transaction.ts';
import { lookAlikes, mutations } from '../selftest/index.ts';
import { Before, judgeLeak, judgeLookAlike, planted, type Verdict } from '../selftest/judge.ts';
import type { Change } from '../selftest/mutation.ts';
import { type Scene, sceneOf } from '../selftest/scene.ts';
import { surveyRows } from '../selftest/survey.ts';
import { verify } from './verify.ts';

export interface SelfTestProgress {
  /** Such as `policy-permissive-or for-all on public.notes`. */
  readonly step: string;
}

export interface SelfTestOptions {
  readonly tool: Tool;
  readonly model: Model;
  /** Opens a connection to the database in which leaks are planted, each in a transaction that is rolled back. */
  readonly connect: () => Promise<pg.Client>;
  /** Only these classes and kinds of look-alikes; all where left out. */
  readonly only?: readonly string[];
  /** Rules that take no part: shows what is missed without them. */
  readonly without?: readonly string[];
  /** How many tables are broken in each way; 2 where left out. */
  readonly tablesPerChange?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SelfTestProgress) => void;
}

/**
 * Plants leaks of every class that the database has a place for, one at a time, and tells which of them the verifier finds.
 * Everything is rolled back, roles and settings of roles too. Its locks keep others from the tables meanwhile: for scratch
 * databases and copies.
 *
 * @throws RowhouseError `unknown-class`; where the model does not fit the database, the verification cannot be done at all, or it is cancelled
 */
export async function selfTest(options: SelfTestOptions): Promise<SelfTestReport> {
  checkClasses(options.only);
  try {
    return await new SelfTest(options).report();
  } catch (error) {
    if (options.signal?.aborted) throw cancelledError(error);
    if (sqlstateOf(error) === null && !isConnectionLoss(error)) throw error;
    throw databaseError(error, 'The self-test stopped');
  }
}

/** @throws RowhouseError `unknown-class` */
export function checkClasses(only: readonly string[] = []): void {
  const known = [...mutations, ...lookAlikes].map(({ id }) => id);
  const unknown = only.find((id) => !known.includes(id));
  if (unknown !== undefined) {
    throw new RowhouseError('usage', 'unknown-class', `There is no class ${unknown} to plant leaks of.`, {
      hint: `There are ${known.join(', ')}.`,
    });
  }
}

interface Surroundings {
  readonly scene: Scene;
  readonly before: Before;
  readonly server: Server;
  readonly truth: string;
}

class SelfTest {
  readonly #started = performance.now();
  readonly #suffix = randomBytes(4).toString('hex');
  readonly #refused: RefusedChange[] = [];

  constructor(private readonly options: SelfTestOptions) {}

  async report(): Promise<SelfTestReport> {
    const { model, tool, only } = this.options;
    const { scene, before, server, truth } = await this.#look();
    const isWanted = ({ id }: { readonly id: string }): boolean => only?.includes(id) ?? true;
    const classes: PlantedClass[] = [];
    for (const mutation of mutations.filter(isWanted)) {
      const leaks: PlantedLeak[] = [];
      for (const change of mutation.plant(scene)) {
        const verdict = await this.#plant(mutation.id, change, scene);
        if (verdict) leaks.push(judgeLeak(mutation, change, before, verdict));
      }
      classes.push({ id: mutation.id, leaks, needs: mutation.needs });
    }
    const harmless: LookAlike[] = [];
    for (const kind of lookAlikes.filter(isWanted)) {
      for (const change of kind.plant(scene)) {
        const verdict = await this.#plant(kind.id, change, scene);
        if (verdict) harmless.push(judgeLookAlike(kind.id, change, before, verdict));
      }
    }
    return {
      schemaVersion: 1,
      tool,
      server,
      role: { app: model.roles.app.join(', '), truth },
      outcome: selfTestOutcome(classes, harmless),
      before: { findings: before.findings, inconclusive: before.inconclusive },
      classes,
      lookAlikes: harmless,
      refused: this.#refused,
      durationMs: Math.round(performance.now() - this.#started),
    };
  }

  /** What there is, and what the verifier says of it while it is whole. */
  async #look(): Promise<Surroundings> {
    const { model } = this.options;
    return await this.#undone(async (client) => {
      this.options.onProgress?.({ step: 'the database as it is' });
      const snapshot = await readSnapshot(client);
      const intent = compileIntent(model, snapshot);
      const survey = await surveyRows(client, snapshot, intent);
      const [role = ''] = model.roles.app;
      const { tablesPerChange = 2 } = this.options;
      const scene = sceneOf(snapshot, model, intent, { ...survey, role, tablesPerChange, suffix: this.#suffix });
      const { verdict, report } = await this.#verify(client, model, scene.subjects, model.roles.app);
      return { scene, before: new Before(verdict), server: report.server, truth: report.role.truth };
    });
  }

  /** Plants a change and verifies: null where the server refuses it. */
  async #plant(id: string, change: Change, { model, role, subjects }: Scene): Promise<Verdict | null> {
    this.options.onProgress?.({ step: `${id} ${change.variant} on ${change.object}` });
    const changed = { ...model, views: [...model.views, ...(change.views ?? [])] };
    return await this.#undone(async (client) => {
      try {
        await client.query(change.sql);
      } catch (error) {
        if (sqlstateOf(error) === null) throw error;
        this.#refused.push({ id, ...planted(change), reason: messageOf(error) });
        return null;
      }
      const { verdict } = await this.#verify(client, changed, subjects, [change.role ?? role], change);
      return verdict;
    });
  }

  async #verify(
    client: pg.Client,
    model: Model,
    subjects: readonly string[],
    appRoles: readonly string[],
    { relations, calls }: Partial<Change> = {},
  ): Promise<{ readonly verdict: Verdict; readonly report: Report }> {
    const takesPart = (id: string): boolean => this.options.without?.includes(id) !== true;
    const snapshot = await readSnapshot(client);
    const intent = compileIntent(model, snapshot);
    const report = await verify(client, intent, snapshot, {
      tool: this.options.tool,
      appRoles,
      contextOf: (subject) => contextAssignments(model, subject),
      membership: model.membership !== null,
      writes: true,
      tenants: subjects,
      ...(relations && { relations }),
      ...(calls !== undefined && { calls }),
    });
    return {
      report,
      verdict: {
        lint: lint(snapshot, model, intent, { rules: lintRules.filter(({ id }) => takesPart(id)) }),
        probe: report.findings.filter(({ ruleId }) => takesPart(ruleId)),
        inconclusive: report.inconclusive.filter(({ ruleId }) => takesPart(ruleId)),
      },
    };
  }

  /** A connection of its own each time: what a session without a context sees can be looked at once only. */
  async #undone<T>(body: (client: pg.Client) => Promise<T>): Promise<T> {
    const { signal, connect } = this.options;
    signal?.throwIfAborted();
    const client = await connect();
    // The server rolls back what a lost connection has left.
    const hangUp = (): void => void client.end();
    signal?.addEventListener('abort', hangUp);
    try {
      return await inRolledBackTransaction(client, () => body(client), 'begin isolation level repeatable read');
    } finally {
      signal?.removeEventListener('abort', hangUp);
      await client.end();
    }
  }
}
