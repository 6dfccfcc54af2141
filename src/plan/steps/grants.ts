import { grantChanges } from '../grants.ts';
import type { StepKind } from '../step.ts';

/** What the application may do, now that the policies are there. */
export const grants: StepKind = {
  id: 'grants',
  phase: 'contract',
  run: 'transaction',
  does: `What the application may do, now that the policies are there. TRUNCATE knows no policies; REFERENCES and TRIGGER look past
them.`,
  locks: 'none that anybody waits for.',
  rows: 'none.',
  plan: (situation) => {
    const changes = grantChanges(situation);
    if (changes.length === 0) return [];
    return [
      {
        table: null,
        up: changes.flatMap(({ up }) => up),
        down: changes.flatMap(({ down }) => down).reverse(),
      },
    ];
  },
};
