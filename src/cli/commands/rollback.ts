import { Option, type Command } from 'commander';
import { planRollback, rollback, type RolledBack, type TenantRowsChoice } from '../../app/rollback.ts';
import { RowhouseError } from '../../domain/errors.ts';
import { describeConnection } from '../../postgres/connect.ts';
import { formatIdent, formatQualified } from '../../sql/ident.ts';
import type { TenantContent } from '../../tenants/tenant-content.ts';
import { describeTenantRows, type TenantRows } from '../../tenants/tenant-table.ts';
import { positiveInteger } from '../arguments.ts';
import { withBackfillOptions } from '../backfill-options.ts';
import {
  openTarget,
  phaseOption,
  runRequest,
  withRunOptions,
  type RunOptions,
  type SelectionOptions,
} from '../options.ts';
import { describeMigrations, printFiles, summarize } from '../render/files.ts';
import { drawRun } from '../render/run-progress.ts';
import { openTerminal } from '../terminal.ts';

interface RollbackOptions extends RunOptions, SelectionOptions {
  readonly all?: boolean;
  readonly tenantRows: TenantRowsChoice['action'];
  readonly keepTenant?: string;
  readonly exportTo?: string;
  readonly sideTables: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly color: boolean;
}

export function registerRollback(program: Command): void {
  withBackfillOptions(withRunOptions(program.command('rollback')))
    .description('undo applied migrations, last first; one, unless told otherwise')
    .option('--to <target>', 'keep this one and all before it: a number, a name or an @tag; 0 undoes all')
    .option('--steps <n>', 'undo so many', positiveInteger)
    .addOption(phaseOption('undo this phase and the later ones'))
    .option('--all', 'undo everything')
    .addOption(
      new Option('--tenant-rows <action>', 'what to do with rows of tenants that the way back has no place for')
        .choices(['refuse', 'export', 'delete', 'keep'])
        .default('refuse'),
    )
    .option('--keep-tenant <id>', 'the tenant whose rows stay, where the model names no platform')
    .option('--export-to <dir>', 'the folder of an export; one under tenant-rows/ otherwise')
    .option(
      '--no-side-tables',
      'drop what tenant columns say for good; it is kept in tables of the schema rowhouse otherwise',
    )
    .option('--dry-run', 'print what would run and what would be lost; connects read-only and writes nothing')
    .option('--json', 'print what was undone as JSON')
    .action(async (_: unknown, command: Command) => {
      await runRollback(command.optsWithGlobals<RollbackOptions>());
    });
}

async function runRollback(options: RollbackOptions): Promise<void> {
  const chosen = [options.to, options.steps, options.phase, options.all].filter((value) => value !== undefined);
  if (chosen.length > 1) {
    throw new RowhouseError('usage', 'one-target', '--to, --steps, --phase and --all exclude each other.');
  }
  const terminal = openTerminal(options);
  const choice: TenantRowsChoice = {
    action: options.tenantRows,
    keep: options.keepTenant,
    folder: options.exportTo,
    sideTables: options.sideTables,
  };
  if (options.dryRun) {
    const { migrations, inTheWay, lost, refusal } = await planRollback(await openTarget(options), options, choice);
    if (refusal !== null && options.json) throw refusal;
    printFiles(
      terminal,
      migrations.flatMap((migration) => migration.down ?? []),
      options.json === true,
      { inTheWay, lost },
    );
    if (options.json) return;
    if (inTheWay.length > 0) terminal.log(`Rows of other tenants are in the way:\n${describeTenantRows(inTheWay)}`);
    if (lost.length > 0) terminal.log(describeLost(lost, choice));
    if (refusal !== null) throw refusal;
    return;
  }
  const progress = drawRun(terminal);
  const request = await runRequest(options, progress);
  if (!options.yes) {
    const { migrations, inTheWay, lost, refusal } = await planRollback(request, options, choice);
    if (refusal !== null) throw refusal;
    if (migrations.length > 0) {
      terminal.log(describeMigrations(migrations, terminal.err));
      if (lost.length > 0) terminal.log(describeLost(lost, choice));
      const where = describeConnection(request.connection);
      const removes = inTheWay.length > 0 && choice.action !== 'refuse';
      const also = removes ? `, and ${choice.action} ${describeRows(inTheWay)}` : '';
      await terminal.confirm(
        `Undo ${migrations.length} migration${migrations.length === 1 ? '' : 's'} of ${where}${also}?`,
      );
    }
  }
  const started = Date.now();
  let result: RolledBack;
  try {
    result = await rollback(request, options, choice);
  } finally {
    progress.close();
  }
  if (result.removed.length > 0 && !options.json) {
    const written = result.exported ? `, and written to ${result.exported.folder}` : ' for good';
    terminal.log(`Removed ${describeRows(result.removed)}${written}.`);
  }
  summarize(terminal, result.migrations, {
    json: options.json === true,
    key: 'undone',
    nothing:
      options.all === true || chosen.length === 0 ? 'Nothing is applied.' : 'Nothing that is applied lies beyond that.',
    durationMs: Date.now() - started,
    more: { exportedTo: result.exported?.folder ?? null, removed: result.removed, kept: result.kept },
  });
}

/** What goes with the columns, and whether it is kept. */
function describeLost(lost: readonly TenantContent[], { sideTables }: TenantRowsChoice): string {
  const lines = lost.map(
    ({ table, column, rows, tenants }) =>
      `${formatQualified(table)}: whose each of ${rows.toLocaleString('en')} rows is (${tenants} tenant${tenants === 1 ? '' : 's'}), in ${formatIdent(column)}`,
  );
  const fate = sideTables === false ? 'lost for good' : 'kept in side tables of the schema rowhouse';
  return `With its columns goes, and is ${fate}:\n${lines.join('\n')}`;
}

/** `12 rows of the tenants a, b`. */
function describeRows(rows: readonly TenantRows[]): string {
  const tenants = [...new Set(rows.map((row) => row.tenant))];
  const count = rows.reduce((sum, row) => sum + row.rows, 0);
  const more = tenants.length > 5 ? ` and ${tenants.length - 5} more` : '';
  const noun = tenants.length === 1 ? 'tenant' : 'tenants';
  return `${count.toLocaleString('en')} row${count === 1 ? '' : 's'} of the ${noun} ${tenants.slice(0, 5).join(', ')}${more}`;
}
