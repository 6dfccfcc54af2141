import { quoteWritten } from '../sql/ident.ts';
import { locksTaken } from '../sql/locks.ts';
import type { Statement } from '../sql/parse.ts';
import { lastName } from '../sql/tree.ts';

/** A trigger by its table, as SQL writes it, and its name. */
export interface QuietedTrigger {
  readonly relation: string;
  readonly trigger: string;
}

/** The triggers that a statement drops, or makes in a way that asks whether a backfill runs. */
export function quietedBy({ node, text }: Statement): readonly QuietedTrigger[] {
  const names: (string | undefined)[] = [];
  if ('CreateTrigStmt' in node && text.includes('rowhouse.backfill')) names.push(node.CreateTrigStmt.trigname);
  if ('DropStmt' in node && node.DropStmt.removeType === 'OBJECT_TRIGGER') {
    names.push(
      ...(node.DropStmt.objects ?? []).map((object) => ('List' in object ? lastName(object.List.items) : undefined)),
    );
  }
  const [lock] = locksTaken(node);
  if (lock === undefined) return [];
  const relation = quoteWritten(lock.relation);
  return names.flatMap((trigger) => (trigger === undefined ? [] : { relation, trigger }));
}
