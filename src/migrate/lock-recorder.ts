import type { Session } from '../postgres/session.ts';
import { formatQualified, mayMean, type QualifiedName } from '../sql/ident.ts';
import { loadSql } from '../sql/load.ts';
import { keepsFrom, lockModes, type LockMode } from '../sql/lock-mode.ts';
import { locksTaken } from '../sql/locks.ts';
import type { Statement } from '../sql/parse.ts';
import { positionAt } from '../sql/source.ts';
import type { OnRunEvent } from './events.ts';
import type { WatchStatement } from './statement.ts';

const heldLocksSql = loadSql(import.meta.url, './queries/held-locks.sql');

/** A lock on a relation that others may use, and how long it was held. */
export interface RecordedLock {
  readonly file: string;
  readonly line: number;
  readonly statement: string;
  readonly relation: string;
  readonly mode: LockMode;
  /** What others wait for as long as it is held. */
  readonly keepsFrom: 'reading' | 'writing' | null;
  readonly heldMs: number;
  /** Whether the statement wrote the relation anew, so that all of its rows were copied under the lock. */
  readonly rewritten: boolean;
}

interface Relation extends QualifiedName {
  readonly oid: number;
  readonly file: number;
  readonly modes: readonly string[];
}

/** A lock whose transaction is open. */
interface OpenLock {
  readonly lock: Omit<RecordedLock, 'heldMs'>;
  readonly oid: number;
  readonly since: number;
}

/** Weaker ones keep no statement of an application waiting. */
const weakest = lockModes.indexOf('ShareUpdateExclusive');

/** Watches the statements of a run: what each one locks, until its transaction ends. */
export class LockRecorder {
  readonly locks: RecordedLock[] = [];
  #open: OpenLock[] = [];
  /** Relations that the open transaction has made: they are nobody else's yet. */
  #fresh = new Set<number>();

  readonly watch: WatchStatement = async (client, file, statement, work) => {
    const inTransaction = client.getTransactionStatus() === 'T';
    const before = await relations(client);
    const since = performance.now();
    await work();
    const after = await relations(client);
    const told = {
      file: file.path,
      line: positionAt(file.source, statement.offset).line,
      statement: firstLine(statement),
    };
    for (const relation of after) {
      const earlier = before.find(({ oid }) => oid === relation.oid);
      if (earlier === undefined) this.#fresh.add(relation.oid);
      const mode = inTransaction ? strongest(relation.modes) : modeBySyntax(statement, relation);
      const isNew = this.#open.every(({ oid, lock }) => oid !== relation.oid || lock.mode !== mode);
      const rewritten = earlier !== undefined && earlier.file !== relation.file;
      if (this.#fresh.has(relation.oid) || mode === null || !(isNew || rewritten)) continue;
      const lock = { ...told, relation: formatQualified(relation), mode, keepsFrom: keepsFrom(mode), rewritten };
      this.#open.push({ lock, oid: relation.oid, since });
    }
    if (!inTransaction) this.#release();
  };

  /** Tells when a transaction has ended. */
  readonly onEvent: OnRunEvent = ({ type }) => {
    if (type === 'statement-done' || type === 'file-done') this.#release();
  };

  #release(): void {
    const now = performance.now();
    this.locks.push(...this.#open.map(({ lock, since }) => ({ ...lock, heldMs: now - since })));
    this.#open = [];
    this.#fresh.clear();
  }
}

async function relations(client: Session['client']): Promise<Relation[]> {
  return (await client.query<Relation>(heldLocksSql)).rows;
}

function strongest(modes: readonly string[]): LockMode | null {
  return lockModes.findLast((mode, index) => index >= weakest && modes.includes(mode)) ?? null;
}

/** Outside a transaction the lock is gone when the statement has ended. */
function modeBySyntax({ node }: Statement, relation: QualifiedName): LockMode | null {
  const lock = locksTaken(node).find((taken) => mayMean(taken.relation, relation));
  return lock === undefined ? null : strongest([lock.mode]);
}

function firstLine({ text }: Statement): string {
  return text.replace(/\s+/g, ' ').slice(0, 80);
}
