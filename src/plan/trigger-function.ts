import { dollarQuoted } from '../sql/dollar-quoted.ts';

/** What a plan puts into a database for a while: statements that make it, and that take it away. */
export interface Installation {
  readonly create: readonly string[];
  readonly drop: readonly string[];
}

/** A function of a trigger, with the rights of its owner: whoever may write to the table need not have them. */
export function triggerFunction(name: string, body: string): string {
  return `create or replace function ${name}() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as ${dollarQuoted(body, 'body')}`;
}

/** A trigger as PostgreSQL prints it, as a statement that may find it there already. */
export function replacing(definition: string): string {
  return definition.replace(/^CREATE TRIGGER/, 'CREATE OR REPLACE TRIGGER');
}
