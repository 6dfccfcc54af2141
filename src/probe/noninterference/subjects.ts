import { literalsIn } from '../../sql/literals.ts';
import type { RunInput } from '../input.ts';

/** Subjects for whom everything is observed, spread over all. */
const spread = 3;
/** Subjects whose id somebody wrote into the code: what holds for them may hold for nobody else. */
const named = 5;

/** Some of the subjects, and nobody: a session without a context. */
export function observers({ subjects, snapshot }: RunInput): readonly (string | null)[] {
  const texts = [
    ...snapshot.functions.map(({ prosrc }) => prosrc),
    ...snapshot.relations.map(({ definition }) => definition ?? ''),
    ...snapshot.policies.map(({ polqual, polwithcheck }) => `${polqual ?? ''} ${polwithcheck ?? ''}`),
  ];
  const literals = new Set(texts.flatMap(literalsIn));
  const count = Math.min(spread, subjects.length);
  const chosen = Array.from({ length: count }, (_, index) => {
    // The first, the last, and those between.
    const at = count === 1 ? 0 : Math.round((index * (subjects.length - 1)) / (count - 1));
    return subjects[at] ?? '';
  });
  return [...new Set([...chosen, ...subjects.filter((id) => literals.has(id)).slice(0, named)]), null];
}
