import { readFileSync } from 'node:fs';

/**
 * Reads an SQL file that ships beside the module that asks for it.
 *
 * @param moduleUrl the caller's `import.meta.url`
 * @param path relative to that module, such as `./queries/relations.sql`
 */
export function loadSql(moduleUrl: string, path: string): string {
  return readFileSync(new URL(path, moduleUrl), 'utf8');
}
