import type { MigrationRule } from '../rule.ts';

export const refusedStatement: MigrationRule = {
  id: 'refused-statement',
  severity: 'error',
  summary: 'A statement that `rowhouse migrate` refuses before it runs anything.',
  help: 'PostgreSQL runs what says CONCURRENTLY, VACUUM and the like outside a transaction only: put it into a file with `-- rowhouse: no-transaction`. BEGIN and COMMIT are the business of the run. COPY FROM STDIN has no input here.',
  examples: [
    {
      bad: 'create index concurrently orders_tenant_id_idx on public.orders (tenant_id);',
      good: `-- rowhouse: no-transaction
create index concurrently orders_tenant_id_idx on public.orders (tenant_id);`,
    },
    {
      bad: `begin;
select 1;`,
      good: 'select 1;',
    },
  ],
  *check({ statement: { refusal, text } }) {
    if (refusal !== null) yield { about: firstWords(text), message: refusal };
  },
};

function firstWords(text: string): string {
  return text.split(/\s+/).slice(0, 4).join(' ').toLowerCase();
}
