import { hash } from 'node:crypto';
import { splitStatements, SqlSyntaxError, type Node, type Statement } from '../sql/parse.ts';
import { excerpt, positionAt } from '../sql/source.ts';
import { hasOption } from '../sql/tree.ts';
import { parseHeader, type FileProblem, type Header } from './header.ts';

/** One SQL file of a project. */
export interface SqlFile {
  /** Relative to the project, with forward slashes: `migrations/0001_roles.sql`. */
  readonly path: string;
  /** LF line ends, no BOM. */
  readonly source: string;
  /** SHA-256 of `source`, in hex. */
  readonly checksum: string;
  readonly header: Header;
  readonly headerProblems: readonly FileProblem[];
}

/** Reads a file's text; SQL is parsed only when `statementsOf` asks for it. */
export function parseSqlFile(path: string, text: string): SqlFile {
  const source = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  const { header, problems } = parseHeader(source);
  return { path, source, checksum: hash('sha256', source), header, headerProblems: problems };
}

/** What the text of a file was found to be. */
interface Parsed {
  readonly statements: readonly Statement[];
  readonly problems: readonly FileProblem[];
}

const parsed = new WeakMap<SqlFile, Parsed>();

/** The statements of a file, and all that is wrong with running them. It is parsed once, however often it is asked for. */
export function statementsOf(file: SqlFile): Parsed {
  const known = parsed.get(file) ?? checkedStatements(file);
  parsed.set(file, known);
  return known;
}

function checkedStatements(file: SqlFile): Parsed {
  const { statements, problems } = readStatements(file);
  for (const statement of statements) {
    const message = refusalOf(statement.node, file.header);
    if (message) problems.push(problemAt(file, statement.offset, message));
  }
  return { statements, problems };
}

/** The statements of a file, and what is wrong with the file itself. */
export function readStatements(file: SqlFile): { statements: readonly Statement[]; problems: FileProblem[] } {
  const problems = [...file.headerProblems];
  let statements: readonly Statement[] = [];
  try {
    // A backfill's body may hold variables that PostgreSQL's parser refuses: the backfill parses it itself.
    statements = file.header.backfill ? [] : splitStatements(file.source);
  } catch (error) {
    if (!(error instanceof SqlSyntaxError)) throw error;
    problems.push(problemAt(file, error.offset, error.message));
  }
  if (file.header.backfill && file.header.noTransaction) {
    problems.push({ line: 1, message: 'a backfill runs in transactions of its own: remove no-transaction' });
  }
  return { statements, problems };
}

/** A problem at an offset of a file's source. */
export function problemAt(file: SqlFile, offset: number, message: string): FileProblem {
  return { line: positionAt(file.source, offset).line, message, detail: excerpt(file.source, offset) };
}

/** Why a statement cannot run in its file; undefined where it can. */
export function refusalOf(node: Node, header: Header): string | undefined {
  if ('TransactionStmt' in node) {
    const kind = node.TransactionStmt.kind ?? '';
    const inner = /SAVEPOINT|RELEASE|ROLLBACK_TO/.test(kind);
    return inner
      ? undefined
      : 'the file holds its own BEGIN or COMMIT: Rowhouse opens and ends the transaction, remove it';
  }
  if ('CopyStmt' in node && node.CopyStmt.is_from && !node.CopyStmt.filename) {
    return 'COPY FROM STDIN has no input here: write INSERT, or load the data otherwise';
  }
  if (runsBare(node) && !header.noTransaction) {
    return 'this statement cannot run inside a transaction: put it into a file with `-- rowhouse: no-transaction`';
  }
  if (isConcurrentBuild(node) && 'IndexStmt' in node && !node.IndexStmt.idxname) {
    return 'give the index a name: without one, what a failed build leaves behind cannot be found again';
  }
  return undefined;
}

/** Whether PostgreSQL refuses the statement inside a transaction block. */
export function runsBare(node: Node): boolean {
  return (
    isConcurrent(node) ||
    ('ReindexStmt' in node && reindexesMany(node.ReindexStmt.kind)) ||
    ('ClusterStmt' in node && node.ClusterStmt.relation === undefined) ||
    ('VacuumStmt' in node && node.VacuumStmt.is_vacuumcmd === true) ||
    ('DiscardStmt' in node && node.DiscardStmt.target === 'DISCARD_ALL') ||
    'AlterSystemStmt' in node ||
    'CreatedbStmt' in node ||
    'DropdbStmt' in node ||
    'CreateTableSpaceStmt' in node ||
    'DropTableSpaceStmt' in node
  );
}

/** Whether the statement says CONCURRENTLY. */
export function isConcurrent(node: Node): boolean {
  return (
    isConcurrentBuild(node) ||
    ('DropStmt' in node && node.DropStmt.concurrent === true) ||
    ('ReindexStmt' in node && hasOption(node.ReindexStmt.params, 'concurrently')) ||
    ('AlterTableStmt' in node && (node.AlterTableStmt.cmds ?? []).some(detachesConcurrently))
  );
}

/** CREATE INDEX CONCURRENTLY: a lock timeout would make it fail on any old snapshot, so it gets a deadline. */
export function isConcurrentBuild(node: Node): boolean {
  return 'IndexStmt' in node && node.IndexStmt.concurrent === true;
}

function detachesConcurrently(command: Node): boolean {
  const definition = 'AlterTableCmd' in command ? command.AlterTableCmd.def : undefined;
  return definition !== undefined && 'PartitionCmd' in definition && definition.PartitionCmd.concurrent === true;
}

function reindexesMany(kind: string | undefined): boolean {
  return kind !== 'REINDEX_OBJECT_INDEX' && kind !== 'REINDEX_OBJECT_TABLE';
}
