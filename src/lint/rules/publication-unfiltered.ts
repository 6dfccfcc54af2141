import { groupBy } from '../../catalog/derived.ts';
import { formatIdent } from '../../sql/ident.ts';
import type { LintRule } from '../rule.ts';
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
  ],
  *check({ snapshot, commonTables }) {
    const published = groupBy(snapshot.publications, ({ nspname, relname }) => `${nspname}\u0000${relname}`);
    for (const { relation } of commonTables) {
      for (const { pubname, rowfilter } of published.get(`${relation.nspname}\u0000${relation.relname}`) ?? []) {
        if (rowfilter !== null) continue;
        yield {
          object: objectOf(relation),
          aspect: pubname,
          message: `the publication ${formatIdent(pubname)} carries it without a row filter`,
        };
      }
    }
  },
};
