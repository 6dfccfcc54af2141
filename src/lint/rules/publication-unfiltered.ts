import { groupBy } from '../../catalog/derived.ts';
import { formatIdent } from '../../sql/ident.ts';
import type { LintRule } from '../rule.ts';
import { passingOf } from '../scope.ts';
import type { LintInput } from '../input.ts';
import type { Relation } from '../../catalog/snapshot.ts';
import { objectOf } from '../wording.ts';

export const publicationUnfiltered: LintRule = {
  id: 'publication-unfiltered',
  severity: 'warning',
  summary: 'A logical publication carries the rows of all tenants of a table.',
  help: 'Publications know no policies: a subscriber gets every row. Give the table a row filter in the publication (PostgreSQL 15+), publish it by one for each tenant, or take it out; accept the finding where the subscriber is as trusted as this database.',
  falsePositives: ['The subscriber is a replica, or a stream of changes, of those who run this database.'],
  examples: [
    {
      bad: 'create publication feed for table app.notes;',
      good: 'alter publication feed set table app.countries;',
    },
    {
      bad: "create publication feed for table app.notes where (id <> '00000000-0000-0000-0000-000000000000');",
      good: 'alter publication feed set table app.countries;',
      since: 15,
    },
  ],
  *check(input) {
    const { snapshot, commonTables } = input;
    const published = groupBy(snapshot.publications, ({ nspname, relname }) => `${nspname}\u0000${relname}`);
    for (const { relation } of commonTables) {
      for (const { pubname, rowfilter } of published.get(`${relation.nspname}\u0000${relation.relname}`) ?? []) {
        // A filter that is not about the tenant lets some rows of every one pass.
        if (rowfilter !== null && !passesAny(input, relation, rowfilter)) continue;
        yield {
          object: objectOf(relation),
          aspect: pubname,
          message: `the publication ${formatIdent(pubname)} carries it ${rowfilter === null ? 'without a row filter' : 'with a row filter that lets rows of every tenant pass'}`,
        };
      }
    }
  },
};

function passesAny(input: LintInput, relation: Relation, filter: string): boolean {
  const passing = passingOf(input, relation, filter, 'select') ?? [];
  return passing.some(({ situation, chance }) => situation.rows === 'foreign' && chance === 'certain');
}
