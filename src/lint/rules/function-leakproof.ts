import type { LintRule } from '../rule.ts';

export const functionLeakproof: LintRule = {
  id: 'function-leakproof',
  severity: 'error',
  summary: 'A function of this database is marked LEAKPROOF.',
  help: 'PostgreSQL trusts a leakproof function with rows that policies hide: where it is cheaper than the tenant check it runs first, and its errors, notices or side effects tell of them. Only functions that show nothing of their arguments, in any way, may be so marked: take the mark off.',
  falsePositives: ['A function that is truly leakproof: it neither fails nor writes for any value.'],
  examples: [
    {
      bad: `create function app.loud(text) returns boolean language plpgsql leakproof cost 0.0001 as $$
begin
  raise notice '%', $1;
  return true;
end $$;`,
    },
  ],
  *check({ snapshot, access: { functions } }) {
    const callable = new Set(functions);
    for (const routine of snapshot.functions.filter(({ proleakproof }) => proleakproof)) {
      // Without an argument it sees nothing of a row.
      const blind = routine.argtypes.length === 0;
      yield {
        object: routine.signature,
        severity: blind ? 'info' : callable.has(routine) ? 'error' : 'warning',
        message: blind
          ? 'it is marked LEAKPROOF; it takes no argument, and sees nothing of a row'
          : 'it is marked LEAKPROOF: a query may hand it rows that policies hide',
        fix: `alter routine ${routine.signature} not leakproof;`,
      };
    }
  },
};
