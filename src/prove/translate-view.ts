import { isInvoker } from '../access/view-path.ts';
import { nameOf } from '../catalog/lookup.ts';
import type { Relation } from '../catalog/snapshot.ts';
import { loneSelect } from '../sql/function-body.ts';
import { formatQualified } from '../sql/ident.ts';
import type { NotUnderstood, Parts, Place, Reader } from './scope.ts';

/** With whose rights a view reads: its owner's, or those of whoever asks, under another view too. */
export function readerOf(view: Relation, { role, user }: Place): string | null {
  if (role === null) return null;
  return isInvoker(view) ? user : view.relowner;
}

/** What a view selects, read as whom it reads. */
export function readView(reader: Reader, view: Relation, place: Place): Parts | NotUnderstood {
  const name = formatQualified(nameOf(view));
  if (place.depth > 6) return { notUnderstood: `${name}, which is too deep` };
  const select = loneSelect(view.definition ?? '');
  if (select === null) return { notUnderstood: name };
  const role = readerOf(view, place);
  const inner = { ...place, role, printed: true, depth: place.depth + 1 };
  return reader.select(select, { place: inner, ranges: [], outer: null, parameters: null });
}
