import type { MigrationRule } from '../rule.ts';
import { alterationsOf, settingOf, shown } from '../statements.ts';

export const disablingTriggers: MigrationRule = {
  id: 'disabling-triggers',
  severity: 'warning',
  summary: 'Triggers are disabled on a table that is in use.',
  help: "They are disabled for everybody: what other sessions write meanwhile is not audited, not copied, and with ALL not even held to its foreign keys. Let a trigger ask for the setting that says a backfill runs: WHEN (current_setting('rowhouse.backfill', true) IS DISTINCT FROM 'on').",
  examples: [
    {
      bad: 'alter table public.orders disable trigger user;',
      good: `create or replace trigger touch before update on public.orders
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch();`,
    },
    {
      bad: "set session_replication_role = 'replica';",
      good: "set local application_name = 'rowhouse';",
    },
  ],
  *check({ node, file, schema }) {
    for (const { table, command } of alterationsOf(node)) {
      if (command.subtype?.startsWith('AT_DisableTrig') !== true || schema.isNew(table, file)) continue;
      const which = command.name === undefined ? 'no trigger' : `the trigger ${command.name} no more`;
      yield { about: `${shown(table)}.${command.name ?? '*'}`, message: `${shown(table)} fires ${which}, for anybody` };
    }
    const { name, value } = settingOf(node) ?? {};
    if (name === 'session_replication_role' && value === 'replica') {
      yield { about: name, message: 'no trigger fires and no foreign key is held to, whatever the session writes' };
    }
  },
};
