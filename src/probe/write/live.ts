import type { RunInput } from '../input.ts';

const quiet = 'session_replication_role';

/** The same run with the triggers and foreign keys that a superuser's run switches off. */
export function withTriggers(run: RunInput): RunInput {
  const settings = Object.entries(run.writeSettings).filter(([name]) => name !== quiet);
  return { ...run, writeSettings: Object.fromEntries(settings), canQuiet: canQuiet(run) };
}

/** Whether triggers and foreign keys are off in every transaction that tries a write. */
export function isQuiet({ writeSettings }: Pick<RunInput, 'writeSettings'>): boolean {
  return quiet in writeSettings;
}

/** Whether the truth role may switch triggers and foreign keys off. */
export function canQuiet(run: RunInput): boolean {
  return run.canQuiet === true || isQuiet(run);
}

/** Until the savepoint ends, constraints that triggers check are checked, and at each statement: deferrable ones are no others. */
export async function checkingAll(run: RunInput): Promise<void> {
  if (isQuiet(run)) await run.session.client.query('select pg_catalog.set_config($1, $2, true)', [quiet, 'origin']);
  await run.session.client.query('set constraints all immediate');
}

/** Runs `body`, of the truth role, without triggers and foreign keys where it may do so; afterwards they are as they were. */
export async function quietly(run: RunInput, body: () => Promise<void>): Promise<void> {
  if (isQuiet(run)) {
    await body();
    return;
  }
  const set = async (value: string): Promise<void> => {
    if (canQuiet(run)) await run.session.client.query('select pg_catalog.set_config($1, $2, true)', [quiet, value]);
  };
  await set('replica');
  await body();
  await set('origin');
}
