import { formatIdent, formatQualified, quoteIdent } from '../../sql/ident.ts';
import { ok, refused, type Check } from '../check.ts';
import { known } from '../known.ts';

export const rowSecurity: Check = {
  id: 'row-security',
  looksAt: 'whether row-level security binds the role where a pending backfill needs every row',
  beforeRun: true,
  judge: ({ server: { user }, work, relations }) => {
    const { backfills } = known(work);
    if (backfills.length === 0) return ok('No backfill is pending.');
    const tables = known(relations);
    const bound = backfills.flatMap(({ relation, loosened, at }) => {
      const facts = tables.get(relation);
      return facts === undefined || loosened || !facts.bound ? [] : { facts, relation, at };
    });
    if (bound.length === 0) return ok(`It does not bind ${formatIdent(user)} in any table that is to be filled.`);
    return refused(`Row-level security binds ${formatIdent(user)} where a backfill must see every row.`, {
      details: bound.map(
        ({ facts, at }) =>
          `${at} fills ${formatQualified(facts)}${facts.ours && facts.forced ? ', whose own owner is bound (FORCE)' : ''}`,
      ),
      advice: 'Run as a role with BYPASSRLS, or let the owner out for as long as the backfill takes.',
      sql: [
        `alter role ${quoteIdent(user)} bypassrls;`,
        ...bound.flatMap(({ facts, relation }) =>
          facts.ours && facts.forced ? `alter table ${relation} no force row level security;` : [],
        ),
      ],
    });
  },
};
