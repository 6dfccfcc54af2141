import { groupBy } from '../catalog/derived.ts';
import { formatQualified, sameName, type QualifiedName } from '../sql/ident.ts';
import { laidOut } from './layout.ts';
import { stepKinds } from './kinds.ts';
import type { Situation } from './situation.ts';
import type { Allowance, Step, StepKind } from './step.ts';

/** A migration and its rollback, as text. */
export interface PlannedFile {
  /** `0007_tenant_column_orders`, without folder and ending. */
  readonly id: string;
  readonly kind: StepKind;
  readonly steps: readonly Step[];
  readonly up: string;
  readonly down: string;
}

/** Renders the steps of a situation into files, numbered after those that are there. */
export function planFiles(situation: Situation, lastNumber: number): readonly PlannedFile[] {
  const named = tableNames(situation);
  let number = lastNumber;
  return stepKinds.flatMap((kind) => {
    const steps = kind.plan(situation).filter(({ up }) => up.length > 0);
    const groups = kind.run === 'statements' ? (steps.length === 0 ? [] : [steps]) : steps.map((step) => [step]);
    return groups.map((group): PlannedFile => {
      number += 1;
      const [first] = group;
      const name = kind.run === 'statements' || first?.table == null ? kind.id : `${kind.id}_${named(first.table)}`;
      return {
        id: `${String(number).padStart(4, '0')}_${name}`,
        kind,
        steps: group,
        up: renderUp(kind, group, situation),
        down: renderDown(kind, group),
      };
    });
  });
}

/** How a table is called within the name of a file: with its schema where the model has another of that name. */
function tableNames({ model }: Situation): (table: QualifiedName) => string {
  const alike = groupBy(model.tables, ({ table }) => plain(table.name));
  return ({ schema, name }) => plain((alike.get(plain(name)) ?? []).length > 1 ? `${schema} ${name}` : name);
}

/** A name within that of a file: other letters become _. */
function plain(name: string): string {
  return (
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '_')
      .replaceAll(/^_|_$/g, '')
      .slice(0, 60) || 'table'
  );
}

function renderUp(kind: StepKind, steps: readonly Step[], situation: Situation): string {
  const header = [
    `-- rowhouse: phase ${kind.phase}`,
    ...(kind.run === 'backfill' ? ['-- rowhouse: backfill'] : []),
    ...(kind.run === 'statements' ? ['-- rowhouse: no-transaction'] : []),
    ...allowed(steps.flatMap(({ allows }) => allows?.up ?? [])),
  ];
  const words = [kind.does, ...(kind.run === 'statements' ? [] : steps.flatMap(({ notes }) => notes ?? []))];
  const about = [
    ...wrap(words.join(' ')),
    ...wrap(`Locks: ${kind.locks} Rows: ${kind.rows}${estimate(situation, steps)}`),
  ];
  return `${[...header, ...about].join('\n')}\n\n${renderSteps(kind, steps, ({ up }) => up)}`;
}

function allowed(allowances: readonly Allowance[]): string[] {
  return [...new Set(allowances.map(({ rule, reason }) => `-- rowhouse: allow ${rule} ${reason}`))];
}

function renderDown(kind: StepKind, steps: readonly Step[]): string {
  const nothing = steps.every(({ down }) => down.length === 0);
  const header = [
    `-- rowhouse: phase ${kind.phase}`,
    ...(kind.run === 'statements' && !nothing ? ['-- rowhouse: no-transaction'] : []),
    ...allowed(steps.flatMap(({ allows }) => allows?.down ?? [])),
    ...(nothing ? ['-- Nothing to take back: the values go with the column.'] : wrap(kind.undoes ?? '')),
  ];
  if (nothing) return `${header.join('\n')}\n`;
  return `${header.join('\n')}\n\n${renderSteps(kind, [...steps].reverse(), ({ down }) => down)}`;
}

function renderSteps(kind: StepKind, steps: readonly Step[], pick: (step: Step) => readonly string[]): string {
  const together = kind.run === 'statements';
  const shown = steps.filter((step) => pick(step).length > 0);
  return shown
    .map((step, at) => {
      const previous = shown[at - 1]?.table;
      const isSame = step.table !== null && previous != null && sameName(step.table, previous);
      const title = together && step.table !== null && !isSame ? [`-- ${formatQualified(step.table)}`] : [];
      const notes = together ? (step.notes ?? []).flatMap((note) => wrap(note)) : [];
      const text = [...title, ...notes, ...pick(step).map((statement) => `${laidOut(statement)};`)].join('\n');
      return `${at === 0 || isSame ? '' : '\n'}${text}\n`;
    })
    .join('');
}

/** What the planner's estimates say of the tables that a file goes over. */
function estimate({ snapshot }: Situation, steps: readonly Step[]): string {
  const rows = steps.flatMap(({ table }) => {
    const found = snapshot.relations.find(
      ({ nspname, relname }) => nspname === table?.schema && relname === table.name,
    );
    return found === undefined || found.reltuples < 0 ? [] : [found.reltuples];
  });
  const sum = rows.reduce((total, one) => total + one, 0);
  return sum === 0 ? '' : ` About ${sum.toLocaleString('en-US')} rows by the planner's estimate.`;
}

/** Comment lines of at most 118 characters. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((one) => one !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 118) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`-- ${word}`);
  }
  return lines;
}
