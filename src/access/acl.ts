import type { Acl } from '../catalog/snapshot.ts';

/** What one item of an access control list grants, and to whom. */
export interface AclItem {
  /** A role's name; `public` for PUBLIC. */
  readonly grantee: string;
  readonly privileges: readonly Privilege[];
}

/** The letters of an item. https://www.postgresql.org/docs/current/ddl-priv.html#PRIVILEGE-ABBREVS-TABLE */
const letters = {
  r: 'SELECT',
  a: 'INSERT',
  w: 'UPDATE',
  d: 'DELETE',
  D: 'TRUNCATE',
  x: 'REFERENCES',
  t: 'TRIGGER',
  m: 'MAINTAIN',
  U: 'USAGE',
  C: 'CREATE',
  c: 'CONNECT',
  T: 'TEMPORARY',
  X: 'EXECUTE',
  s: 'SET',
  A: 'ALTER SYSTEM',
} as const;

export type Privilege = (typeof letters)[keyof typeof letters];

/** Reads `grantee=privileges/grantor`; a name with other characters than letters, digits and _ is quoted. */
export function parseAclItem(item: string): AclItem {
  const match = /^(?:"((?:[^"]|"")*)"|([^"=]*))=([A-Za-z*]*)\//.exec(item);
  if (!match) throw new TypeError(`${item} is no item of an access control list.`);
  const grantee = match[1]?.replaceAll('""', '"') ?? match[2] ?? '';
  const privileges = [...(match[3] ?? '')].flatMap((letter) => (letter in letters ? [letterOf(letter)] : []));
  return { grantee: grantee === '' ? 'public' : grantee, privileges };
}

/** What a list grants to any of these roles. */
export function privilegesIn(acl: Acl, roles: ReadonlySet<string>): ReadonlySet<Privilege> {
  const granted = acl.map(parseAclItem).filter(({ grantee }) => roles.has(grantee));
  return new Set(granted.flatMap(({ privileges }) => privileges));
}

/** Those of the roles that a list grants a privilege to. */
export function granteesOf(acl: Acl, roles: ReadonlySet<string>, privilege: Privilege): readonly string[] {
  return acl
    .map(parseAclItem)
    .filter(({ grantee, privileges }) => roles.has(grantee) && privileges.includes(privilege))
    .map(({ grantee }) => grantee);
}

function letterOf(letter: string): Privilege {
  return letters[letter as keyof typeof letters];
}
