import { once } from 'node:events';
import pg from 'pg';
import { onTestFinished, vi } from 'vitest';
import { usualPace } from '../../src/backfill/runner.ts';
import type { RunRequest } from '../../src/app/run.ts';
import { migrate } from '../../src/app/migrate.ts';
import { openProject } from '../../src/app/project.ts';
import { rollback, type RolledBack, type TenantRowsChoice } from '../../src/app/rollback.ts';
import { RowhouseError } from '../../src/domain/errors.ts';
import type { RunEvent } from '../../src/migrate/events.ts';
import type { Selection } from '../../src/migrate/state.ts';
import { test as withProject } from '../support/project.ts';

/** Rowhouse on the project and the database of a test, by its use cases. */
export interface Rowhouse {
  /** What was reported, in order, over all runs. */
  readonly events: RunEvent[];
  request(overrides?: Partial<RunRequest>): Promise<RunRequest>;
  /** Applies what is pending. @returns the names */
  migrate(selection?: Selection, overrides?: Partial<RunRequest>): Promise<string[]>;
  rollback(selection?: Selection, choice?: TenantRowsChoice): Promise<RolledBack>;
}

/** `test` with a `database`, a `project` and `rowhouse`, which runs the one on the other. */
export const test = withProject.extend<{ rowhouse: Rowhouse }>({
  rowhouse: async ({ database, project }, use) => {
    const events: RunEvent[] = [];
    const request: Rowhouse['request'] = async (overrides = {}) => ({
      project: await openProject(project.directory),
      connection: { url: database.url, source: '--database-url' },
      actor: { client: 'tester@here', toolVersion: '0.0.0' },
      lockWaitMs: 0,
      lockAttempts: 3,
      lockTotalMs: 60_000,
      transactionWaitMs: 0,
      skipChecks: [],
      pace: { ...usualPace, batchSize: 100 },
      signal: new AbortController().signal,
      onEvent: (event) => events.push(event),
      ...overrides,
    });
    await use({
      events,
      request,
      migrate: async (selection = {}, overrides = {}) => {
        const applied = await migrate(await request(overrides), selection);
        return applied.map(({ id }) => id);
      },
      rollback: async (selection = { all: true }, choice = { action: 'refuse' }) =>
        rollback(await request(), selection, choice),
    });
  },
});

/** The error of Rowhouse that a promise ends with; a test fails where it ends well, or with anything else. */
export async function failureOf(promise: Promise<unknown>): Promise<RowhouseError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof RowhouseError) return error;
    throw error;
  }
  throw new Error('It should have failed.');
}

/** The names of the events of one type. */
export function eventsOf<Type extends RunEvent['type']>(
  rowhouse: Rowhouse,
  type: Type,
): Extract<RunEvent, { type: Type }>[] {
  return rowhouse.events.filter((event): event is Extract<RunEvent, { type: Type }> => event.type === type);
}

interface Queried {
  query(this: unknown, ...args: readonly unknown[]): Promise<unknown> | pg.Query;
}

/** Sees each query of all connections, a batch as one, and its answer to come. */
export function watchingQueries(see: (client: unknown, answer: Promise<unknown>, sent: unknown) => void): void {
  const clients = pg.Client.prototype as unknown as Queried;
  const query = Reflect.get(clients, 'query');
  const spy = vi.spyOn(clients, 'query').mockImplementation(function (this: unknown, ...args) {
    const answer = query.apply(this, args);
    see(this, answer instanceof pg.Query ? once(answer, 'end') : answer, args[0]);
    return answer;
  });
  onTestFinished(() => {
    spy.mockRestore();
  });
}
