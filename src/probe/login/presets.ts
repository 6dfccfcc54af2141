import type { CatalogSnapshot, RoleSetting } from '../../catalog/snapshot.ts';
import { quoteIdent } from '../../sql/ident.ts';
import type { SessionSettings } from '../../postgres/impersonate.ts';

/** A setting that sessions of a role start with, where an application may have put it. */
export interface Preset {
  readonly name: string;
  readonly value: string;
  /** The SQL that takes it back. */
  readonly reset: string;
}

/**
 * What a login of `role` starts with, by name. SET ROLE applies none of it.
 * Only settings that policies and what they call may read: custom ones and the search path.
 */
export function presetsOf(snapshot: CatalogSnapshot, role: string): readonly Preset[] {
  const applying = snapshot.roleSettings
    .filter(({ rolname }) => rolname === null || rolname === role)
    .toSorted((a, b) => precedence(a) - precedence(b));
  const byName = new Map<string, Preset>();
  for (const setting of applying) {
    for (const entry of setting.setconfig) {
      const at = entry.indexOf('=');
      const name = entry.slice(0, at);
      if (!name.includes('.') && name !== 'search_path') continue;
      byName.set(name.toLowerCase(), {
        name,
        value: entry.slice(at + 1),
        reset: resetOf(setting, name, snapshot.database),
      });
    }
  }
  return [...byName.values()];
}

/** The later win. https://www.postgresql.org/docs/current/sql-alterrole.html */
function precedence({ rolname, thisDatabase }: RoleSetting): number {
  return (rolname === null ? 0 : 2) + (thisDatabase ? 1 : 0);
}

function resetOf({ rolname, thisDatabase }: RoleSetting, name: string, database: string): string {
  const setting = name.split('.').map(quoteIdent).join('.');
  if (rolname === null && thisDatabase) return `alter database ${quoteIdent(database)} reset ${setting};`;
  const within = thisDatabase ? ` in database ${quoteIdent(database)}` : '';
  return `alter role ${rolname === null ? 'all' : quoteIdent(rolname)}${within} reset ${setting};`;
}

/** Those that may be set by whoever tries it: an extension may keep a setting of its own to superusers. */
export async function settablePresets(
  presets: readonly Preset[],
  isSettable: (preset: Preset) => Promise<boolean>,
): Promise<readonly Preset[]> {
  const settable: Preset[] = [];
  for (const preset of presets) if (await isSettable(preset)) settable.push(preset);
  return settable;
}

/** Presets as settings of a transaction. */
export function settingsOf(presets: readonly Preset[]): SessionSettings {
  return Object.fromEntries(presets.map(({ name, value }) => [name, value]));
}

/** The preset of a setting: their names know no case. */
export function presetOf(presets: readonly Preset[], setting: string): Preset | undefined {
  return presets.find(({ name }) => name.toLowerCase() === setting.toLowerCase());
}
