import { policyFallbackTenant as rule } from '../../domain/rules/policy-fallback-tenant.ts';
import type { Probe } from '../probe.ts';
import { plural, quoteRow } from '../wording.ts';

/** A login of the app role may start with no context that shows rows. */
export const policyFallbackTenant: Probe = {
  ...rule,
  writes: false,
  async run(run) {
    const seen = (await run.contextless()).flatMap(({ target, seen }) =>
      seen.flatMap(({ preset, ...rest }) => (preset === null ? [] : [{ target, preset, ...rest }])),
    );
    const [first] = seen.toSorted((a, b) => Number(b.beyondShared !== null) - Number(a.beyondShared !== null));
    if (!first) return;
    const { target, preset, rows, beyondShared } = first;
    const app = run.session.appRole;
    const named = beyondShared?.surplus.rows.slice(0, 3).map(quoteRow).join(', ');
    const others = seen.length > 1 ? `, and rows of ${plural(seen.length - 1, 'other relation')}` : '';
    run.tally.find(policyFallbackTenant, {
      object: `role:${app}`,
      severity: beyondShared === null ? 'warning' : 'error',
      message: `sessions of ${app} start with ${preset.name} = ${preset.value} and see ${plural(Number(rows), 'row')} of ${target.name}${named ? `: ${named}` : ''}${others}`,
      fix: preset.reset,
      evidence: {
        role: app,
        setting: preset.name,
        value: preset.value,
        relations: seen.map((one) => ({
          relation: one.target.name,
          rows: Number(one.rows),
          onlyShared: one.beyondShared === null,
        })),
      },
    });
  },
};
