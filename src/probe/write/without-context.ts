import { messageOf } from '../../domain/errors.ts';
import { type Contextless, untouched, uselessSessions } from '../contextless.ts';
import type { RunInput } from '../input.ts';
import { attempt, describeFailure, isEnvironmental, ProbeSession } from '../session.ts';
import type { Target } from '../target.ts';
import { saysItsOwner } from './attacks.ts';
import { triggersMayRewrite } from './control.ts';
import { plainColumns, readMaterial, type Row } from './material.ts';
import { deleteStatement, insertableColumns, insertStatement, updateStatement } from './statements.ts';
import { ageless, readState } from './state.ts';
import { scratch, type Statement } from './transaction.ts';
import { type Attacker, refusalOf, rowsWritten, tryStatement } from './try.ts';

/** Rows that a session without a subject wrote. */
export interface WrittenWithout {
  readonly label: string;
  readonly command: 'INSERT' | 'UPDATE' | 'DELETE';
  readonly rows: number;
  readonly statement: string;
}

export interface WithoutContextOfTarget {
  readonly target: Target;
  /** Statements that came to an answer. */
  readonly reached: number;
  readonly written: readonly WrittenWithout[];
  readonly obstacles: readonly string[];
}

/** What sessions write whose context names nobody. What the server counts is taken for it: triggers and rules are not asked here. */
export async function observeWritesWithoutContext(
  run: RunInput,
  unset: readonly WithoutContextOfTarget[],
): Promise<readonly WithoutContextOfTarget[]> {
  const useless = await observeWrittenBy(run, uselessSessions(run.contextOf, run.subjects));
  return useless.map((now) => {
    const before = unset.find(({ target }) => target === now.target);
    return {
      target: now.target,
      reached: now.reached + (before?.reached ?? 0),
      written: [...(before?.written ?? []), ...now.written],
      obstacles: [...(before?.obstacles ?? []), ...now.obstacles],
    };
  });
}

/**
 * What a session writes that never had a context: once set, a setting reads '' and no longer NULL.
 * Ask it of the open transaction before anything sets one there, where it may write; otherwise of a new connection, if there is one.
 */
export async function observeUnsetWrites(run: RunInput): Promise<readonly WithoutContextOfTarget[]> {
  const session = untouched(run);
  // What a login starts with is set here before any statement is tried.
  if (session.preset != null) return [];
  if (run.writesHere === true) return await observeWrittenBy(run, [session]);
  if (run.connect === undefined) return [];
  let client;
  try {
    client = await run.connect();
  } catch (error) {
    const obstacle = `A session whose context ${session.label} takes a connection of its own: ${messageOf(error)}`;
    return run.targets.map((target) => ({ target, reached: 0, written: [], obstacles: [obstacle] }));
  }
  try {
    const { truthRole, appRole } = run.session;
    return await observeWrittenBy({ ...run, session: new ProbeSession(client, truthRole, appRole) }, [session]);
  } finally {
    await client.end();
  }
}

async function observeWrittenBy(
  run: RunInput,
  sessions: readonly Contextless[],
): Promise<readonly WithoutContextOfTarget[]> {
  const observed: WithoutContextOfTarget[] = [];
  for (const target of run.targets) {
    const { relation, intent, privileges } = target;
    const owned = intent.tenancy === 'row' || intent.tenancy === 'root';
    if (!owned || relation.relkind === 'v' || !privileges.usage || privileges.truthBound) continue;
    const statements = await scratch(run, () => attempt(() => statementsOn(run, target)));
    if (!statements.ok || statements.value.length === 0) continue;
    run.progress(`writes on ${target.name} without a context`);
    observed.push(await scratch(run, () => tryWithout(run, target, sessions, statements.value)));
  }
  return observed;
}

interface Command {
  readonly command: WrittenWithout['command'];
  readonly statement: Statement;
}

async function statementsOn(run: RunInput, target: Target): Promise<readonly Command[]> {
  const { privileges, intent } = target;
  const row = await someRow(run, target);
  if (row === null) return [];
  const [plain] = plainColumns(run, target);
  return [
    ...(plain === undefined
      ? []
      : [{ command: 'UPDATE' as const, statement: updateStatement(target, { [plain]: row[plain] ?? null }) }]),
    ...(privileges.delete ? [{ command: 'DELETE' as const, statement: deleteStatement(target) }] : []),
    // Whoever signs up has no tenant yet; and a row whose owner the session says is the stranger's own.
    ...(privileges.insert.length > 0 && !intent.signup && namesOwner(run, target)
      ? [{ command: 'INSERT' as const, statement: insertStatement(run, target, row) }]
      : []),
  ];
}

function namesOwner(run: RunInput, target: Target): boolean {
  const insertable = new Set(insertableColumns(run, target).map(({ attname }) => attname));
  return saysItsOwner(run, target, insertable) && !triggersMayRewrite(run, target);
}

async function someRow(run: RunInput, target: Target): Promise<Row | null> {
  const [subject] = run.subjects;
  if (subject === undefined) return null;
  const { own, foreign } = await readMaterial(run, target, subject);
  return [...foreign, ...own][0]?.row ?? null;
}

async function tryWithout(
  run: RunInput,
  target: Target,
  sessions: readonly Contextless[],
  commands: readonly Command[],
): Promise<WithoutContextOfTarget> {
  const written: WrittenWithout[] = [];
  const obstacles: string[] = [];
  let reached = 0;
  for (const { label, settings, stranger } of sessions) {
    for (const one of commands) {
      const { command, statement } = one;
      const tried = await rowsWritten(run, settings, statement);
      if (!tried.ok && isEnvironmental(tried.failure)) {
        obstacles.push(`${command} in a session whose context ${label}: ${describeFailure(tried.failure)}.`);
        return { target, reached, written, obstacles };
      }
      reached += 1;
      // A constraint speaks after the policies.
      const said = tried.ok ? tried.value : refusalOf(tried.failure) === 'constraint' ? 1 : 0;
      const rows =
        said > 0 && stranger !== undefined
          ? await beyondShared(run, target, { subject: stranger, settings }, one)
          : said;
      if (rows > 0) written.push({ label, command, rows, statement: statement.sql });
    }
  }
  return { target, reached, written, obstacles };
}

/** Of the rows that a stranger wrote, those that not every tenant may write; shared ones it may. */
async function beyondShared(
  run: RunInput,
  target: Target,
  stranger: Attacker,
  { command, statement }: Command,
): Promise<number> {
  const before = await readState(run, target, stranger.subject, ageless);
  const tried = await tryStatement(run, { ...stranger, target, before }, statement);
  // What was to be inserted is a copy of a row that is not shared.
  if (!tried.ok) return command === 'INSERT' ? 1 : 0;
  const { before: was, after: is } = tried.value;
  const changed = Math.max(is.foreignWritten, was.foreign - is.foreign);
  return changed + Math.max(is.sharedWritten, was.shared - is.shared);
}
