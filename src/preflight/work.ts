import { quoteWritten } from '../sql/ident.ts';
import type { TakenLock, WrittenName } from '../sql/lock-mode.ts';
import { locksTaken } from '../sql/locks.ts';
import type { Node, Statement } from '../sql/parse.ts';
import { madeBy } from './made.ts';
import { quietedBy, type QuietedTrigger } from './quieted.ts';
import { changesRoles, looseningOf, needsOf, type Need } from './needs.ts';

/** A file that is about to run. */
export interface PendingFile {
  readonly path: string;
  readonly source: string;
  /** None of a backfill. */
  readonly statements: readonly Statement[];
  readonly backfill: PendingBackfill | null;
}

/** What a backfill file is about to do. */
export interface PendingBackfill {
  /** The name of its file, by which its checkpoint is kept. */
  readonly name: string;
  readonly target: WrittenName;
  /** Whether its rows are taken by their place, in passes that leave room for each other. */
  readonly byPages: boolean;
}

/** Where something stands: `migrations/0001_x.sql:3`. */
export interface Place {
  readonly at: string;
}

/** A lock on a relation that may be there already. */
export interface Demand extends Omit<TakenLock, 'relation'>, Place {
  readonly relation: string;
}

/** An index that is built, on a relation that may be there already. */
export interface IndexBuild extends Place {
  readonly relation: string;
  readonly index: string | null;
}

export interface PlannedBackfill extends Omit<PendingBackfill, 'target'>, Place {
  readonly relation: string;
  /** An earlier file lets row-level security go there: whether it binds will show when it is time. */
  readonly loosened: boolean;
  /** Triggers that earlier files keep from firing. */
  readonly quieted: readonly QuietedTrigger[];
}

/** What pending files ask of a database. Relations are named as SQL writes them. */
export interface Work {
  /** Their paths. */
  readonly files: readonly string[];
  readonly locks: readonly Demand[];
  readonly builds: readonly IndexBuild[];
  readonly backfills: readonly PlannedBackfill[];
  /** What they need privileges for, up to where they change who may do what. */
  readonly needs: readonly (Need & Place)[];
}

/** Reads what files will ask of a database that stands before the first of them. */
export function workOf(files: readonly PendingFile[]): Work {
  const locks: Demand[] = [];
  const builds: IndexBuild[] = [];
  const backfills: PlannedBackfill[] = [];
  const needs: (Need & Place)[] = [];
  const fresh = new Set<string>();
  const loosened = new Set<string>();
  const quieted: QuietedTrigger[] = [];
  let judged = true;
  for (const file of files) {
    if (file.backfill !== null) {
      const { target, name, byPages } = file.backfill;
      const relation = quoteWritten(target);
      if (fresh.has(relation)) continue;
      const open = loosened.has(relation) || !judged;
      backfills.push({ at: file.path, name, byPages, relation, loosened: open, quieted: [...quieted] });
      if (judged && !loosened.has(relation)) needs.push({ kind: 'update', relation, at: file.path });
    }
    const lineOf = lineCounter(file.source);
    for (const statement of file.statements) {
      const { node, offset } = statement;
      const at = `${file.path}:${lineOf(offset)}`;
      for (const { relation, ...lock } of locksTaken(node)) {
        const name = quoteWritten(relation);
        if (!fresh.has(name)) locks.push({ ...lock, relation: name, at });
      }
      builds.push(...buildOf(node).flatMap((build) => (fresh.has(build.relation) ? [] : { ...build, at })));
      judged &&= !changesRoles(node);
      const open = needsOf(node).filter((need) => judged && !isSettled(need, fresh, loosened));
      needs.push(...open.map((need) => ({ ...need, at })));
      for (const made of madeBy(node)) fresh.add(made);
      for (const relation of looseningOf(node)) loosened.add(relation);
      quieted.push(...quietedBy(statement));
    }
  }
  return { files: files.map(({ path }) => path), locks, builds, backfills, needs };
}

/** The relations that work touches. */
export function relationsOf({ locks, builds, backfills, needs }: Work): readonly string[] {
  const named = [...locks, ...builds, ...backfills, ...needs];
  return [...new Set(named.flatMap((one) => ('relation' in one ? one.relation : [])))];
}

/** Tells the line of offsets that only grow: a file of many statements is gone through once. */
function lineCounter(source: string): (offset: number) => number {
  let line = 1;
  let counted = 0;
  return (offset) => {
    for (; counted < offset; counted += 1) if (source.charCodeAt(counted) === 10) line += 1;
    return line;
  };
}

function buildOf(node: Node): readonly Omit<IndexBuild, 'at'>[] {
  if (!('IndexStmt' in node) || node.IndexStmt.relation?.relname === undefined) return [];
  const { relation, idxname } = node.IndexStmt;
  const { schemaname, relname = '' } = relation;
  return [{ relation: quoteWritten({ schema: schemaname ?? null, name: relname }), index: idxname ?? null }];
}

/** Whether the files themselves see to it, by what they make and what they give away. */
function isSettled(need: Need, fresh: ReadonlySet<string>, loosened: ReadonlySet<string>): boolean {
  if (need.kind === 'own' || need.kind === 'update') return fresh.has(need.relation) || loosened.has(need.relation);
  if (need.kind === 'schema') return fresh.has(`schema ${need.schema}`);
  return need.kind === 'become' && fresh.has(`role ${need.role}`);
}
