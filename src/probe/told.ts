import type pg from 'pg';
import type { SessionSettings } from '../postgres/impersonate.ts';
import { type Attempt, attempt, settingsStatement } from './session.ts';

/** The contexts that a block goes through, as an array of arrays of text. */
export const contextsSetting = 'rowhouse.contexts';
/** A number for them, set with them, and the number that a block wants. */
const [toldSetting, wantedSetting] = ['rowhouse.told', 'rowhouse.wanted'];
/** What a block raises that finds others. */
const forgotten = 'RW001';

/** Contexts of so few characters are told each time, and leave the others as they are. */
const short = 10_000;

interface Told {
  readonly number: number;
  readonly contexts: string;
}

/** What each connection was told last: tables are asked for the same subjects one after the other, and to send those takes as long as to read an index. */
const told = new WeakMap<pg.ClientBase, Told>();
let numbers = 0;

/** A statement of a block: whatever was rolled back meanwhile, it goes through no other contexts than those that were meant. */
export const raiseIfForgotten = `if pg_catalog.current_setting('${toldSetting}', true) operator(pg_catalog.<>) pg_catalog.current_setting('${wantedSetting}') is not false then
      raise exception using errcode = '${forgotten}';
    end if;`;

/** Runs `body`, which makes the settings that it is given, in a transaction that knows these contexts. */
export async function withContexts<T>(
  client: pg.ClientBase,
  contexts: string,
  body: (settings: SessionSettings) => Promise<Attempt<T>>,
): Promise<Attempt<T>> {
  if (contexts.length < short)
    return await body({ [contextsSetting]: contexts, [toldSetting]: '', [wantedSetting]: '' });
  const known = told.get(client);
  const asked = async ({ number }: Told): Promise<Attempt<T>> => await body({ [wantedSetting]: String(number) });
  if (known?.contexts === contexts) {
    const answered = await asked(known);
    if (answered.ok || answered.failure.sqlstate !== forgotten) return answered;
  }
  numbers += 1;
  const now = { number: numbers, contexts };
  const { sql, values } = settingsStatement({ [contextsSetting]: contexts, [toldSetting]: String(now.number) });
  const done = await attempt(() => client.query(sql, [...values]));
  if (!done.ok) return done;
  told.set(client, now);
  return await asked(now);
}
