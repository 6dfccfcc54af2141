import { readersOf } from '../access/setting-readers.ts';
import type { CatalogSnapshot, Routine } from '../catalog/snapshot.ts';
import { escapePattern } from '../sql/mentions.ts';
import { withoutAssignments, withoutNullTests } from '../sql/setting.ts';
import { codeOf } from './reads.ts';

/** Where a statement of PL/pgSQL ends, or the part of one that decides. */
const ends = /;|\b(?:declare|begin|then|else|loop)\b/i;
/** What such a part gives a value to: a variable, the targets of INTO, the row of a loop. */
const assigned =
  /^\s*(?<set>[\w$.]+)\s*:?=|^\s*(?!select\b|return\b|insert\b|update\b|delete\b|with\b)(?<declared>[\w$]+)\s[^:;']*:=|(?<!\binsert\s+)\binto\s+(?:strict\s+)?(?<into>[\w$]+(?:\s*,\s*[\w$]+)*)|^\s*for\s+(?<row>[\w$]+)\s+in\b/gi;
/** What may end the function, or keep it from what follows. */
const decides = /^\s*(?:if|elsif|elseif|case|when|while|assert|perform|exit|continue|raise|execute|call)\b/i;

/**
 * The statements of a function that asks for the context, in which it does not: neither itself, nor by a variable whose value comes
 * of one that does. None where something that asks for it may decide whether they are reached.
 */
export function unaskedStatements(snapshot: CatalogSnapshot, setting: string, routine: Routine): readonly string[] {
  const code = withoutNullTests(codeOf(routine));
  // What becomes another asks by what it calls then.
  if (!['sql', 'plpgsql'].includes(routine.lanname) || withoutAssignments(code, setting) !== code) return [];
  const statements = code.split(routine.lanname === 'sql' ? ';' : ends);
  const asking = new Set(['current_setting', setting, ...readersOf(snapshot, setting)]);
  const asks = (statement: string): boolean => [...asking].some((name) => names(name).test(statement));
  for (let known = -1; known < asking.size;) {
    known = asking.size;
    for (const statement of statements.filter(asks)) {
      for (const { groups = {} } of statement.matchAll(assigned)) {
        const { set, declared, into, row } = groups;
        const targets = [set, declared, row, ...(into?.split(',') ?? [])].filter((name) => name !== undefined);
        for (const name of [...targets, 'found']) asking.add(name.trim());
      }
    }
  }
  if (statements.some((statement) => decides.test(statement) && asks(statement))) return [];
  return statements.filter((statement) => !asks(statement));
}

function names(name: string): RegExp {
  return new RegExp(`(?<![\\w$])${escapePattern(name)}(?![\\w$])`, 'i');
}
