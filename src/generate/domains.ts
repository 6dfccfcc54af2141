import type pg from 'pg';
import { sqlstateOf } from '../postgres/database-error.ts';
import { undone } from '../postgres/impersonate.ts';
import { gatherHints } from './hints.ts';
import { poolOf } from './pool.ts';
import { domainChecks, storedType, type TypeInfo, type Types } from './type-info.ts';

/** Values of the domains that other types are made of, by oid: those of which the server says that they are some. */
export async function readDomainValues(
  client: pg.ClientBase,
  types: Types,
): Promise<ReadonlyMap<number, readonly string[]>> {
  const inner = new Set(
    [...types.values()].flatMap(({ element, subtype, attributes }) => [
      element,
      subtype,
      ...attributes.map((a) => a.type),
    ]),
  );
  const found = new Map<number, readonly string[]>();
  for (const type of types.values()) {
    if (type.typtype === 'd' && inner.has(type.oid)) found.set(type.oid, await valuesOfDomain(client, types, type));
  }
  return found;
}

async function valuesOfDomain(client: pg.ClientBase, types: Types, type: TypeInfo): Promise<readonly string[]> {
  const ref = { type, name: type.name };
  const hints = gatherHints(domainChecks(types, ref).map(({ sql }) => sql)).get('value');
  const column = { attname: type.typname, stored: storedType(types, ref), required: true };
  const seed = { label: 'shared', table: type.name, index: 1, serial: 1, salt: 0 };
  const accepted: string[] = [];
  for (const value of poolOf(types, new Map(), { column, hints, seed, key: false, hidden: false })) {
    if (value !== null && (await isValue(client, type, value))) accepted.push(value);
  }
  return accepted;
}

async function isValue(client: pg.ClientBase, type: TypeInfo, value: string): Promise<boolean> {
  try {
    await undone(client, () => client.query(`select $1::pg_catalog.text::${type.name}`, [value]));
    return true;
  } catch (error) {
    if (sqlstateOf(error) === null) throw error;
    return false;
  }
}
