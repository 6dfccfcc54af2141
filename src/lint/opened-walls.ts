import type { CatalogSnapshot, EventTrigger, Routine } from '../catalog/snapshot.ts';
import { parseDotted } from '../sql/ident.ts';
import { quotedIn } from '../sql/literals.ts';
import type { LintInput } from './input.ts';
import { codeOf, routinesByOid } from './reads.ts';

/** What a text says of such statements, and does not run. */
const talk = /\braise\b[^;]*;|(?:\b(?:i?like|similar\s+to)|[~=])\s*'(?:[^']|'')*'/gi;
const disables = /\balter\s+table\b[^;]*?\bdisable\s+row\s+level\s+security\b/i;
const drops = /\bdrop\s+policy\s+(?:if\s+exists\s+)?[%"\w]/i;
const creates = /\bcreate\s+policy\b/i;
const opens =
  /\bcreate\s+policy\b(?![^;]*\bas\s+restrictive\b)[^;]*?(?:\bto\s+(?<roles>[^;']+?)\s+)?\busing\s*\(\s*true\s*\)/i;
const gives = /\balter\s+table\b[^;]*?\bowner\s+to\s+(?<grantees>[^;']*)/i;
const frees = /\balter\s+(?:role|user)\b[^;]*\bbypassrls\b/i;
const grants =
  /\bgrant\b(?<privileges>[^;']*?)\bon\s+(?<kind>table\s+|all\s+tables\s+in\s+schema\s+|tables\b)?(?<target>[^;]*?)\s*\bto\s+(?<grantees>[^;']*)/gi;
const others =
  /^(?:(?:all\s+)?(?:sequences?|functions?|procedures?|routines?|types?|schemas?|large)\b|domain\b|database\b|language\b|foreign\b|parameter\b|tablespace\b)/i;

/**
 * What code in the database opens to a role when it runs, by the words of its text: those of statements that it puts together
 * at run time too.
 */
export function openedBy({ access, modelled }: LintInput, routine: Routine): readonly string[] {
  const code = codeOf(routine).replace(talk, ' ');
  const schemas = new Set([...modelled.values()].map(({ relation }) => relation.nspname));
  return [
    ...(disables.test(code) ? ['disables row-level security'] : []),
    // What makes them anew drops them first.
    ...(drops.test(code) && !creates.test(code) ? ['drops policies'] : []),
    ...(opensPolicy(code, access.closure.has) ? ['makes policies that let all rows pass'] : []),
    ...(givesTables(code, access.closure.has) ? ['gives tables away'] : []),
    ...(frees.test(code) ? ['gives roles BYPASSRLS'] : []),
    ...(grantsTables(code, access.closure.has, schemas) ? ['grants tables'] : []),
  ];
}

/** For these roles, or for all where it names none. */
function opensPolicy(code: string, roles: ReadonlySet<string>): boolean {
  const { roles: named } = opens.exec(code)?.groups ?? { roles: '' };
  return named === undefined || (named !== '' && reaches(code, named, roles));
}

function givesTables(code: string, roles: ReadonlySet<string>): boolean {
  const grantees = gives.exec(code)?.groups?.['grantees'];
  return grantees !== undefined && reaches(code, grantees, roles);
}

/** Whether it grants to one of the roles what is not there yet, or all tables. A table by its name has what it grants already. */
function grantsTables(code: string, roles: ReadonlySet<string>, schemas: ReadonlySet<string>): boolean {
  return [...code.matchAll(grants)].some(({ groups = {} }) => {
    const { kind = '', target = '', grantees = '' } = groups;
    if (others.test(target)) return false;
    const made = /[%|]/.test(target);
    if (/^all/i.test(kind) && !made && !names(target).some((schema) => schemas.has(schema))) return false;
    return (kind !== '' || made) && reaches(code, grantees, roles) && (made || !/^table\s/i.test(kind));
  });
}

/** A grantee that is put in later is one that the text names. */
function reaches(code: string, grantees: string, roles: ReadonlySet<string>): boolean {
  if (!grantees.includes('%') && grantees.trim() !== '') return names(grantees).some((name) => roles.has(name));
  return names(quotedIn(code).join(',')).some((name) => name !== 'public' && roles.has(name));
}

function names(list: string): readonly string[] {
  return list.split(',').flatMap((item) => parseDotted(item.trim().split(/\s+(?=with\b)/i)[0] ?? '')?.[0] ?? []);
}

/** The event triggers that fire where nobody asked for replication, with their functions. */
export function activeEventTriggers(
  snapshot: CatalogSnapshot,
): readonly { readonly trigger: EventTrigger; readonly routine: Routine }[] {
  return snapshot.eventTriggers.flatMap((trigger) => {
    const routine = routinesByOid(snapshot).get(trigger.evtfoid);
    return routine === undefined || !'OA'.includes(trigger.evtenabled) ? [] : [{ trigger, routine }];
  });
}

/** Whether an event trigger enables row-level security on every table that is made. */
export function protectsNewTables(snapshot: CatalogSnapshot): boolean {
  return activeEventTriggers(snapshot).some(
    ({ trigger: { evtevent, evttags }, routine }) =>
      evtevent === 'ddl_command_end' &&
      (evttags.length === 0 || evttags.includes('CREATE TABLE')) &&
      /\balter\s+table\b[^;]*?\benable\s+row\s+level\s+security\b/i.test(codeOf(routine)),
  );
}
