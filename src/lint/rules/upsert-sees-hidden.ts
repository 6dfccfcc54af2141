import { upsertSeesHidden as rule } from '../../domain/rules/upsert-sees-hidden.ts';
import { mayUse } from '../../access/matrix.ts';
import { formatIdent } from '../../sql/ident.ts';
import { globalKeys } from '../global-keys.ts';
import type { LintRule } from '../rule.ts';
import { listed, objectOf } from '../wording.ts';

/** The first minor of each major that applies policies first. */
const mended: ReadonlyMap<number, number> = new Map([
  [14, 25],
  [15, 20],
  [16, 16],
  [17, 12],
  [18, 7],
]);

export const upsertSeesHidden: LintRule = {
  ...rule,
  severity: 'info',
  examples: [],
  *check(input) {
    const { serverVersionNum } = input.snapshot;
    const minor = mended.get(Math.floor(serverVersionNum / 10_000));
    if (minor === undefined || serverVersionNum % 10_000 >= minor) return;
    for (const { modelled, index, columns, declared } of globalKeys(input)) {
      const { access, relation } = modelled;
      // One that is not on purpose has a rule of its own, whose fix mends this too.
      if (!declared || !(['select', 'insert', 'update'] as const).every((command) => mayUse(access, command))) continue;
      yield {
        object: objectOf(relation),
        message: `${input.role} may upsert by ${formatIdent(index.relname)} over ${listed(columns)}, and this server reads the row in conflict before any policy`,
      };
    }
  },
};
