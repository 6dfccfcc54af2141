import type { Node, TypeName } from '../sql/parse.ts';
import { lastName } from '../sql/tree.ts';

/** What matters of a type as it is written. */
interface Written {
  readonly name: string;
  /** Length, or precision and scale. */
  readonly limits: readonly number[];
  readonly array: boolean;
}

/** Types whose values are stored alike, from one to the other. */
const coercible = new Set(['varchar text', 'text varchar', 'citext text', 'citext varchar', 'cidr inet', 'xml text']);
/** Types that may grow, by their last limit. */
const growing = new Set(['varchar', 'varbit', 'numeric', 'timestamp', 'timestamptz', 'time', 'timetz', 'interval']);

/** Whether a column may go from one type to the other without any row being written or looked at. */
export function sharesRows(from: TypeName, to: TypeName): boolean {
  const [old, now] = [written(from), written(to)];
  if (old.array !== now.array) return false;
  const same = old.name === now.name;
  if (same && String(old.limits) === String(now.limits)) return true;
  if (old.array) return false;
  if (!same) return now.limits.length === 0 && coercible.has(`${old.name} ${now.name}`);
  return growing.has(now.name) && holdsAll(old, now);
}

/** Whether the limits of `now` leave room for every value that those of `old` do. */
function holdsAll({ name, limits }: Written, { limits: wider }: Written): boolean {
  if (wider.length === 0) return true;
  const [most = Infinity, scale = 0] = limits;
  const [room = Infinity, newScale = 0] = wider;
  if (limits.length === 0 || room < most) return false;
  return name === 'numeric' ? scale === newScale : limits.length === wider.length && scale <= newScale;
}

function written({ names, typmods = [], arrayBounds = [] }: TypeName): Written {
  const limits = typmods.map((limit) => ('A_Const' in limit ? (limit.A_Const.ival?.ival ?? 0) : 0));
  return { name: lastName(names) ?? '', limits, array: arrayBounds.length > 0 };
}

export function typeText(type: TypeName): string {
  const { name, limits, array } = written(type);
  return `${name}${limits.length === 0 ? '' : `(${limits.join(', ')})`}${array ? '[]' : ''}`;
}

/** Whether USING gives the column's own value, cast or not; so does none at all. */
export function isSameValue(using: Node | undefined, column: string): boolean {
  if (using === undefined) return true;
  if ('TypeCast' in using) return isSameValue(using.TypeCast.arg, column);
  return 'ColumnRef' in using && lastName(using.ColumnRef.fields) === column;
}
