import { scanTokens } from '../../sql/parse.ts';

/** What the text of a function or a view says of itself without being run. */
export interface Body {
  /** Names as the catalog would store them, and key words. */
  readonly words: ReadonlySet<string>;
  /** It runs statements that it makes up, or its language is none that can be read here. */
  readonly dynamic: boolean;
  /** It holds a word of a statement that does more than read. */
  readonly writes: boolean;
}

const writing =
  /^(insert|update|delete|merge|truncate|copy|create|alter|drop|grant|revoke|execute|call|lock|notify|listen|refresh|do|load|reindex|cluster|vacuum|analyze)$/;

/** Functions of PostgreSQL that run a query given as a text. */
const queryRunners = /^((query|table|schema|database|cursor)_to_xml|ts_stat|ts_rewrite|dblink)/;

/** Reads the words of a text in SQL or PL/pgSQL. Names are taken without their schema: too many rather than too few are found. */
export function readBody(text: string, language = 'sql'): Body {
  const unreadable = { words: new Set<string>(), dynamic: true, writes: true };
  if (language !== 'sql' && language !== 'plpgsql') return unreadable;
  let tokens;
  try {
    tokens = scanTokens(text).filter(({ comment }) => !comment);
  } catch {
    return unreadable;
  }
  const bare = tokens.map((token) => token.text.toLowerCase()).filter((word) => /^[\p{L}_]/u.test(word));
  const quoted = tokens
    .filter((token) => token.text.startsWith('"'))
    .map((token) => token.text.slice(1, -1).replaceAll('""', '"'));
  return {
    words: new Set([...bare, ...quoted]),
    dynamic: bare.some((word) => word === 'execute' || queryRunners.test(word)),
    writes: bare.some((word) => writing.test(word)),
  };
}
