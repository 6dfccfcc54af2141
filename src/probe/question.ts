import { nameOf } from '../catalog/lookup.ts';
import type { SessionSettings } from '../postgres/impersonate.ts';
import { quoteQualified } from '../sql/ident.ts';
import type { Question } from './block.ts';
import type { Measure } from './measure.ts';
import type { Target } from './target.ts';

/** What the app role sees of all rows. */
export function wholeQuestion(target: Target, { sum }: Measure, planner: SessionSettings): Question {
  return {
    as: 'app',
    select: `select pg_catalog.count(*), ${sum}, 0::pg_catalog.int8 from ${quoteQualified(nameOf(target.relation))} t`,
    planner,
  };
}
