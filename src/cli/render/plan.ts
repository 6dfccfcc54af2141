import type { PlanResult } from '../../app/plan.ts';
import { phases } from '../../domain/phase.ts';
import type { PlannedFile } from '../../plan/files.ts';
import type { Terminal } from '../terminal.ts';

/** A plan for people: doubts first, then the files by phase. */
export function formatPlan(
  { files, policies, obsolete, doubts, notes, pending }: PlanResult,
  { out }: Terminal,
  { write, sql }: { readonly write: boolean; readonly sql: boolean },
): string {
  if (pending.length > 0) {
    return [
      out.bold(`${counted(pending.length, 'migration')} written and not applied; nothing was planned.`),
      ...pending.slice(0, 10).map((id) => `  migrations/${id}.sql`),
      ...(pending.length > 10 ? [`  and ${pending.length - 10} more`] : []),
      'Run `rowhouse migrate`, or delete them and plan again.',
    ].join('\n');
  }
  const said = notes.map(({ object, message }) => `  ${out.cyan('note')}  ${out.bold(object)}: ${message}`);
  if (doubts.length > 0) {
    return [
      out.bold(`${counted(doubts.length, 'doubt')}; nothing was written.`),
      ...doubts.map(
        ({ object, message, hint }) => `  ${out.red('doubt')} ${out.bold(object)}: ${message}\n        ${hint}`,
      ),
      ...said,
    ].join('\n');
  }
  if (files.length === 0) return ['The database is where the model wants it.', ...said].join('\n');
  const verb = write ? 'wrote' : 'would write';
  return [
    out.bold(
      `${verb} ${counted(files.length, 'migration')} with their rollbacks, and ${counted(policies.length, 'file')} of policies`,
    ),
    ...phases.flatMap((phase) => byPhase(files, phase)),
    ...obsolete.map((path) => `  ${path} goes: the model has no use for it any more`),
    ...said,
    ...(sql
      ? files.map(({ id, up, down }) => `\n-- migrations/${id}.sql\n${up}\n-- rollbacks/${id}.sql\n${down}`)
      : []),
    ...(write ? ['Next: review them, then `rowhouse migrate --phase expand`.'] : []),
  ].join('\n');
}

function byPhase(files: readonly PlannedFile[], phase: string): string[] {
  const members = files.filter(({ kind }) => kind.phase === phase);
  if (members.length === 0) return [];
  return [`  ${phase}`, ...members.map(({ id, steps }) => `    ${id}  ${tablesOf(steps)}`)];
}

function tablesOf(steps: PlannedFile['steps']): string {
  const tables = new Set(steps.flatMap(({ table }) => (table === null ? [] : `${table.schema}.${table.name}`)));
  return tables.size <= 1 ? '' : `(${tables.size} tables)`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** A plan for machines. */
export function planAsJson({ files, policies, obsolete, doubts, notes, pending }: PlanResult): unknown {
  return {
    files: files.map(({ id, kind, up, down, steps }) => ({
      id,
      phase: kind.phase,
      kind: kind.id,
      run: kind.run,
      locks: kind.locks,
      tables: steps.flatMap(({ table }) => (table === null ? [] : `${table.schema}.${table.name}`)),
      up,
      down,
    })),
    policies: policies.map(({ path, text }) => ({ path, text })),
    obsolete,
    doubts,
    notes,
    pending,
  };
}
