import type { Rule } from '../rule.ts';

export const fkCrossesTenants: Rule = {
  id: 'fk-crosses-tenants',
  severity: 'error',
  summary: "A tenant's row can point at another tenant's row.",
  help:
    'Foreign keys see all rows: a guessed id is accepted where such a row exists, and refused where it does not. What joins the two then mixes customers, and the owner cannot delete what others point at. ' +
    'Put the tenant into the key on both sides; find and repair the rows that cross already before.',
};
