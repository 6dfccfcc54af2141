import { closest, distance } from 'fastest-levenshtein';
import { parseDuration } from '../domain/duration.ts';
import { phases, type Phase } from '../domain/phase.ts';

/** What the `-- rowhouse: key value` lines of a file say beyond its SQL. */
export interface Header {
  /** Run statement by statement outside a transaction, resumably. */
  readonly noTransaction: boolean;
  /** Run as a batched, resumable job: the body is one UPDATE. */
  readonly backfill: boolean;
  /** How long a statement may wait for a lock, in milliseconds. */
  readonly lockTimeoutMs: number;
  /** How long a statement that takes no lock timeout may run, in milliseconds. */
  readonly deadlineMs: number;
  readonly phase: Phase | null;
  /** The name of the point after this file, for `--to @name`. */
  readonly tag: string | null;
  /** Why there is no way back. */
  readonly irreversible: string | null;
  /** The tenant that a seed belongs to. */
  readonly tenant: string | null;
  /** Triggers that shall fire on a backfill's rows, and that nobody needs to be warned of. */
  readonly fires: readonly string[];
  /** What the lint of migrations shall accept in this file. */
  readonly allows: readonly Allowance[];
}

/** A rule that the lint of migrations applies, and why what it finds in this file may stay. */
export interface Allowance {
  readonly rule: string;
  readonly reason: string;
  readonly line: number;
}

/** What is wrong with a file, and on which line. */
export interface FileProblem {
  readonly line: number;
  readonly message: string;
  /** An excerpt with a caret. */
  readonly detail?: string;
}

type Fields = { -readonly [Key in keyof Header]: Header[Key] };
/** Sets what the value says, or returns what is wrong with it. */
type Reader = (fields: Fields, value: string, line: number) => string | undefined;

const readers: Readonly<Record<string, Reader>> = {
  'no-transaction': flag('noTransaction'),
  backfill: flag('backfill'),
  'lock-timeout': duration('lockTimeoutMs'),
  deadline: duration('deadlineMs'),
  phase: (fields, value) => {
    const phase = phases.find((name) => name === value);
    if (!phase) return `phase is ${phases.join(', ')}, not "${value}"`;
    fields.phase = phase;
    return undefined;
  },
  tag: (fields, value) => {
    if (!/^[a-z0-9][a-z0-9_-]*$/.test(value)) return 'a tag is made of a-z, 0-9, _ and -';
    fields.tag = value;
    return undefined;
  },
  irreversible: text('irreversible', 'irreversible needs its reason'),
  tenant: text('tenant', "tenant needs the tenant's id"),
  fires: (fields, value) => {
    fields.fires = value.split(',').map((name) => name.trim());
    return value === '' ? 'fires needs the names of triggers' : undefined;
  },
  allow: (fields, value, line) => {
    const [, rule = '', reason = ''] = /^(\S+)\s+(.+)$/.exec(value) ?? [];
    if (reason === '') return 'allow needs a rule and the reason why what it finds may stay';
    fields.allows = [...fields.allows, { rule, reason, line }];
    return undefined;
  },
};

/** Reads the header lines among the comments before the first statement; a later one is a problem, since nobody would see it. */
export function parseHeader(source: string): { header: Header; problems: FileProblem[] } {
  const fields: Fields = {
    noTransaction: false,
    backfill: false,
    lockTimeoutMs: 500,
    deadlineMs: 3_600_000,
    phase: null,
    tag: null,
    irreversible: null,
    tenant: null,
    fires: [],
    allows: [],
  };
  const problems: FileProblem[] = [];
  let inHeader = true;
  source.split('\n').forEach((content, index) => {
    inHeader &&= /^\s*(--.*)?$/.test(content);
    const match = /^\s*--\s*rowhouse\s*:\s*(\S*)\s*(.*?)\s*$/.exec(content);
    if (!match) return;
    const [, key = '', value = ''] = match;
    const problem = inHeader
      ? readLine(fields, key, value, index + 1)
      : 'a header line must stand before the first statement';
    if (problem) problems.push({ line: index + 1, message: problem });
  });
  return { header: fields, problems };
}

function readLine(fields: Fields, key: string, value: string, line: number): string | undefined {
  const reader = Object.hasOwn(readers, key) ? readers[key] : undefined;
  if (reader) return reader(fields, value, line);
  const suggestion = closest(key, Object.keys(readers));
  const guess = distance(key, suggestion) <= Math.min(3, key.length / 2) ? `; did you mean "${suggestion}"?` : '';
  return `unknown header key "${key}"${guess}`;
}

function flag(field: 'noTransaction' | 'backfill'): Reader {
  return (fields, value) => {
    fields[field] = true;
    return value === '' ? undefined : `this key takes no value, found "${value}"`;
  };
}

function duration(field: 'lockTimeoutMs' | 'deadlineMs'): Reader {
  return (fields, value) => {
    const ms = parseDuration(value);
    if (ms === null) return `"${value}" is no duration: write 500ms, 2s, 30min or 1h`;
    fields[field] = ms;
    return undefined;
  };
}

function text(field: 'irreversible' | 'tenant', missing: string): Reader {
  return (fields, value) => {
    fields[field] = value;
    return value === '' ? missing : undefined;
  };
}
