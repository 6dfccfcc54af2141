/** The modes of a table lock, from the weakest to the strongest. https://www.postgresql.org/docs/current/explicit-locking.html */
export const lockModes = [
  'AccessShare',
  'RowShare',
  'RowExclusive',
  'ShareUpdateExclusive',
  'Share',
  'ShareRowExclusive',
  'Exclusive',
  'AccessExclusive',
] as const;
export type LockMode = (typeof lockModes)[number];

/** The weakest mode that each one keeps from others; all stronger ones too. Exceptions are spelled out in `conflicts`. */
const weakestConflict: Readonly<Record<LockMode, LockMode>> = {
  AccessShare: 'AccessExclusive',
  RowShare: 'Exclusive',
  RowExclusive: 'Share',
  ShareUpdateExclusive: 'ShareUpdateExclusive',
  Share: 'RowExclusive',
  ShareRowExclusive: 'RowExclusive',
  Exclusive: 'RowShare',
  AccessExclusive: 'AccessShare',
};

/** Whether one lock keeps the other from being granted to another session. */
export function conflicts(held: LockMode, wanted: LockMode): boolean {
  // Share is the one mode that sessions share with themselves and not with a weaker one.
  if (held === 'Share' && wanted === 'Share') return false;
  return lockModes.indexOf(wanted) >= lockModes.indexOf(weakestConflict[held]);
}

/** A relation as SQL writes it; `schema` is null where the search path decides. */
export interface WrittenName {
  readonly schema: string | null;
  readonly name: string;
}

/** What is done to every row of a relation while its lock is held. */
export type TableWork = 'none' | 'scan' | 'rewrite';

/** A lock that a statement takes, until its transaction ends. */
export interface TakenLock {
  readonly relation: WrittenName;
  readonly mode: LockMode;
  readonly work: TableWork;
  /** Whether `work` is done in any case; false where the catalog decides, such as by a type or the volatility of a function. */
  readonly certain: boolean;
}

/** A name as a parse tree has it in a RangeVar. */
interface RangeName {
  readonly schemaname?: string;
  readonly relname?: string;
}

/** A lock on what a RangeVar names; none where it names nothing. */
export function lockOn(
  name: RangeName | undefined,
  mode: LockMode,
  work: TableWork = 'none',
  certain = true,
): readonly TakenLock[] {
  if (name?.relname === undefined) return [];
  return [{ relation: { schema: name.schemaname ?? null, name: name.relname }, mode, work, certain }];
}

/** Whether `mode` keeps others from reading, from writing, or from neither. */
export function keepsFrom(mode: LockMode): 'reading' | 'writing' | null {
  if (mode === 'AccessExclusive') return 'reading';
  return lockModes.indexOf(mode) >= lockModes.indexOf('Share') ? 'writing' : null;
}

/** One lock a relation: the strongest mode, and the heaviest work. */
export function strongest(locks: readonly TakenLock[]): readonly TakenLock[] {
  const byName = new Map<string, TakenLock>();
  for (const lock of locks) {
    const key = JSON.stringify([lock.relation.schema, lock.relation.name]);
    byName.set(key, merge(byName.get(key) ?? lock, lock));
  }
  return [...byName.values()];
}

const works: readonly TableWork[] = ['none', 'scan', 'rewrite'];

function merge(one: TakenLock, other: TakenLock): TakenLock {
  const mode = lockModes.indexOf(other.mode) > lockModes.indexOf(one.mode) ? other.mode : one.mode;
  const heavier = weight(other) > weight(one) ? other : one;
  return { ...one, mode, work: heavier.work, certain: heavier.certain };
}

function weight({ work, certain }: TakenLock): number {
  return works.indexOf(work) * 2 + (certain ? 1 : 0);
}
