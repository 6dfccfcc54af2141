import type { ViewModel } from '../model/model.ts';
import type { QualifiedName } from '../sql/ident.ts';

/** What a model says of a view that shows a table as it is. */
export function modelledView(view: QualifiedName, of: QualifiedName): ViewModel {
  return { view, of, columns: new Map(), complete: false, reason: null };
}
