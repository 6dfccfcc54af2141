import type { Mismatch } from '../judge.ts';
import { formatQualified } from '../../sql/ident.ts';
import { foreignRowVisible as rule } from '../../domain/rules/foreign-row-visible.ts';
import type { Probe } from '../probe.ts';
import type { ProbeRun } from '../run.ts';
import { fixFor } from '../fix.ts';
import { plural, quoteRow, subjects } from '../wording.ts';

/** What each subject sees must hold no row that the model calls foreign to it. */
export const foreignRowVisible: Probe = {
  ...rule,
  writes: false,
  async run(run) {
    reportUnread(run);
    for (const { target, compared, leaks, unanswered, obstacle, shared } of await run.visibility()) {
      run.tally.check(compared);
      if (shared) run.tally.sharedInPart({ relation: target.name, ...shared });
      const [worst] = leaks.kept;
      if (worst) {
        run.tally.find(foreignRowVisible, {
          object: target.name,
          message: leakMessage(run.noun, worst, leaks.count),
          ...fixFor(target, run.snapshot, run.session.appRole),
          evidence: { role: run.session.appRole, count: leaks.count, subjects: leaks.kept.map(evidenceOf) },
        });
      }
      if (obstacle !== null) run.tally.inconclusive(foreignRowVisible.id, target.name, obstacle);
      for (const { reason, subjects: failed } of unanswered) {
        const who = subjects(run.noun, failed.kept, failed.count);
        run.tally.inconclusive(foreignRowVisible.id, target.name, `What ${who} sees could not be read: ${reason}.`);
      }
    }
  },
};

/** What no comparison is made for. */
function reportUnread(run: ProbeRun): void {
  const { appRole, truthRole } = run.session;
  for (const { schema, name } of run.intent.missing) {
    run.tally.inconclusive(foreignRowVisible.id, formatQualified({ schema, name }), 'The database does not have it.');
  }
  const expected = run.targets.filter(({ intent }) => intent.tenancy !== 'none');
  if (expected.some(({ identity }) => identity.length > 0)) run.tally.answered('relations');
  else if (expected.length > 0) {
    const reason = `${appRole} may read none of the relations: nothing could be compared. Is it the role that the application uses?`;
    run.tally.denied('relations', foreignRowVisible.id, `role:${appRole}`, reason);
  }
  for (const { name, identity, intent, privileges } of run.targets) {
    if (identity.length === 0) {
      // No access is what such a model asks for; anywhere else it hides what the policies would do.
      if (intent.tenancy === 'none') run.tally.check();
      else run.tally.unreachable(name);
    } else if (privileges.truthBound) {
      const reason = `Row-level security binds ${truthRole}, which should read the truth that ${appRole} is compared with.`;
      run.tally.inconclusive(foreignRowVisible.id, name, reason);
    }
  }
}

function leakMessage(noun: string, mismatch: Mismatch, leaks: number): string {
  const { subject, difference, visible, expected } = mismatch;
  const surplus = difference?.surplus;
  const count = surplus ? surplus.count : Number(visible.rows - expected.rows);
  const owners = [...new Set(surplus?.rows.map((row) => row.owner) ?? [])];
  const of = owners.length === 1 && owners[0] !== null ? `of ${noun} ${owners[0]}` : `of other ${noun}s`;
  const named = surplus?.rows.slice(0, 3).map(quoteRow).join(', ');
  const others =
    leaks > 1 ? `, and ${plural(leaks - 1, `other ${noun}`)} ${leaks === 2 ? 'sees' : 'see'} foreign rows too` : '';
  return `${noun} ${subject} sees ${surplus?.exact === false ? 'at least ' : ''}${plural(count, 'row')} ${of}${named ? `: ${named}` : ''}${others}`;
}

function evidenceOf({ subject, visible, expected, difference }: Mismatch): Record<string, unknown> {
  return {
    subject,
    visible: Number(visible.rows),
    expected: Number(expected.rows),
    ...(difference && {
      foreign: difference.surplus.count,
      exact: difference.surplus.exact,
      rows: difference.surplus.rows,
    }),
  };
}
