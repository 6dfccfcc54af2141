import Table from 'cli-table3';
import type { Command } from 'commander';
import { compareCatalog, showCatalog, showLogicalCatalog } from '../../app/catalog.ts';
import type { CatalogSnapshot } from '../../catalog/snapshot.ts';
import { exitCode } from '../exit-codes.ts';
import { openDatabase, withDatabase, type DatabaseOptions } from '../options.ts';
import { plainTable } from '../render/table.ts';
import { openTerminal, type Terminal } from '../terminal.ts';

interface CatalogOptions extends DatabaseOptions {
  readonly logical?: boolean;
  readonly rows?: boolean;
  readonly compare?: string;
  readonly json?: boolean;
  readonly color: boolean;
}

export function registerCatalog(program: Command): void {
  withDatabase(program.command('catalog'))
    .description('the catalog as Rowhouse reads it; needs no model')
    .option('--logical', 'names and definitions alone: equal for databases that no application can tell apart')
    .option('--rows', 'with --logical: a count and a hash of the rows of each table too')
    .option('--compare <file>', 'what differs from what --logical --json printed; exits with 4 where anything does')
    .option('--json', 'print it as JSON')
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<CatalogOptions>();
      const terminal = openTerminal(options);
      const connection = await openDatabase(options);
      if (options.compare !== undefined) {
        const differences = await compareCatalog(connection, options.compare);
        terminal.write(
          options.json
            ? JSON.stringify({ differences }, null, 2)
            : differences.map(({ object, before, after }) => `${mark(before, after)} ${object}`).join('\n') ||
                'Nothing differs.',
        );
        if (differences.length > 0) process.exitCode = exitCode.drift;
      } else if (options.logical || options.rows) {
        const objects = await showLogicalCatalog(connection, options.rows === true);
        terminal.write(options.json ? JSON.stringify(objects, null, 2) : Object.keys(objects).join('\n'));
      } else {
        const snapshot = await showCatalog(connection);
        terminal.write(options.json ? JSON.stringify(snapshot) : summary(snapshot, terminal));
      }
    });
}

function mark(before: string | null, after: string | null): string {
  if (before === null) return '+';
  return after === null ? '-' : '~';
}

function summary(snapshot: CatalogSnapshot, { out }: Terminal): string {
  const table = new Table({ ...plainTable, colAligns: ['left', 'right'] });
  const of = (kinds: string): number => snapshot.relations.filter(({ relkind }) => kinds.includes(relkind)).length;
  table.push(
    ['tables', of('rp')],
    ['  of them partitions', snapshot.relations.filter(({ relispartition }) => relispartition).length],
    ['columns', snapshot.relations.reduce((sum, { columns }) => sum + columns.length, 0)],
    ['foreign keys', snapshot.constraints.filter(({ contype }) => contype === 'f').length],
    ['indexes', snapshot.indexes.length],
    ['views', of('vm')],
    ['functions', snapshot.functions.length],
    ['triggers', snapshot.triggers.length],
    ['policies', snapshot.policies.length],
  );
  return `${out.bold(snapshot.database)}\n${table.toString()}`;
}
