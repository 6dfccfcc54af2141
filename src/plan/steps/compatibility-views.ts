import { findRelation } from '../../catalog/lookup.ts';
import type { ViewModel } from '../../model/model.ts';
import { written, writtenName } from '../../sql/written.ts';
import { viewGrants } from '../grants.ts';
import { findTenantTable, type Situation } from '../situation.ts';
import type { Step, StepKind } from '../step.ts';
import { missingViews, securityInvoker } from '../views.ts';

/** The names that the application asks for. */
export const compatibilityViews: StepKind = {
  id: 'compatibility_views',
  phase: 'expand',
  run: 'transaction',
  does: 'The names that the application asks for. The policies of whoever reads a view decide, and not those of its owner.',
  locks: 'AccessShare on the tables.',
  rows: 'none.',
  plan: (situation) => {
    const steps = missingViews(situation).flatMap((view) => step(situation, view) ?? []);
    if (steps.length === 0) return [];
    return [{ table: null, up: steps.flatMap(({ up }) => up), down: steps.flatMap(({ down }) => down).reverse() }];
  },
};

function step(situation: Situation, model: ViewModel): Step | undefined {
  const { view, of, columns } = model;
  const base = findRelation(situation.snapshot, of);
  if (base === undefined) return undefined;
  const tenant = findTenantTable(situation, of);
  const names = base.columns.map(({ attname }) => attname);
  const all = tenant?.isNew === true && tenant.column !== null ? [...names, tenant.column] : names;
  const list = all.map((name) => {
    const own = columns.get(name);
    return own === undefined ? written(name) : `${written(name)} as ${written(own)}`;
  });
  const options = situation.snapshot.serverVersionNum >= securityInvoker ? ' with (security_invoker = true)' : '';
  return {
    table: view,
    up: [
      `create view ${writtenName(view)}${options} as\nselect ${list.join(', ')}\nfrom ${writtenName(of)}`,
      ...viewGrants(situation, model),
    ],
    down: [`drop view ${writtenName(view)}`],
  };
}
