import { PassThrough } from 'node:stream';
import { Chalk } from 'chalk';
import { describe, expect } from 'vitest';
import { proposeModel } from '../../src/app/init-from-database.ts';
import { doubtDialogue, rootDialogue } from '../../src/cli/render/doubts.ts';
import { ask } from '../../src/cli/terminal.ts';
import { parseModel } from '../../src/model/parse.ts';
import { test } from '../support/test.ts';

/** A terminal on which somebody types these lines, each when it is asked for; the end of them is Ctrl-D. */
function typing(lines: readonly string[]) {
  const input = new PassThrough();
  const output = new PassThrough();
  const said: string[] = [];
  const typed = [...lines];
  output.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const question = async (text: string): Promise<string> => {
    const answered = ask(text, { input, output });
    const line = typed.shift();
    if (line === undefined) input.end();
    else input.write(`${line}\n`);
    return await answered;
  };
  const page = { err: new Chalk({ level: 0 }), log: (text: string) => said.push(`${text}\n`) };
  return { page, ask: question, said: () => said.join('') };
}

const schema = `
  create table organizations (id uuid primary key);
  create table users (id uuid primary key, email text, password text);
  create table members (
    user_id uuid not null references users, organization_id uuid not null references organizations,
    primary key (user_id, organization_id)
  );
  create table projects (id uuid primary key, organization_id uuid not null references organizations);
  create table tags (id uuid primary key, taggable_type text not null, taggable_id uuid not null);
  create table labels (id uuid primary key, tag_id uuid not null references tags);`;

describe('init on a terminal', () => {
  test('asks about each doubt, what others hang on first, and writes what was answered', async ({ database }) => {
    await database.client.query(schema);
    const propose = async (lines: readonly string[]) => {
      const terminal = typing(lines);
      const { ownership, model } = await proposeModel({
        connection: { url: database.url, source: '--database-url' },
        roots: ['public.organizations'],
        sample: false,
        setting: 'app.tenant',
        appRole: 'app_user',
        answer: doubtDialogue(terminal.page, terminal.ask),
      });
      const doubts = ownership.tables.filter(({ doubt }) => doubt).map(({ table }) => table.name);
      return { doubts, model: model ?? '', said: terminal.said() };
    };

    const answered = await propose(['x', '9', '1', '1']);
    expect(answered.doubts).toEqual([]);
    expect(answered.said).toContain('? 1 of 2 public.tags: taggable_type, taggable_id point at rows of several tables');
    expect(answered.said).toMatch(
      / {2}1 {2}tenancy: row, column: "organization_id" \(say its backfill [^]*It is a number from 1 to 3\./,
    );
    expect(answered.said).toContain('? 2 of 2 public.labels:');
    expect(answered.model).not.toContain('# ?');
    expect(answered.model).toContain('# 1.00 Answered. taggable_type');
    expect(parseModel(answered.model, 'rowhouse.yaml').tables).toHaveLength(6);

    const left = await propose(['', '2']);
    expect(left.doubts).toEqual(['tags']);
    expect(left.model).toContain('# ? public.tags');
    // What it hangs on has no entry yet: that answer is not offered.
    expect(left.said).not.toContain('backfill: { parent: "public.tags" }');

    await expect(propose(['1'])).rejects.toMatchObject({ kind: 'cancelled' });
  });

  test('asks for the root where none is plain', async () => {
    const candidates = ['stores', 'staff'].map((name, at) => ({
      table: { schema: 'public', name },
      confidence: 0.3 - at / 10,
      reason: 'Tables lead to it.',
    }));
    const second = typing(['3', '2']);
    expect(await rootDialogue(candidates, second.page, second.ask)).toBe('public.staff');
    expect(second.said()).toContain('1  public.stores: Tables lead to it.');
    const none = typing(['']);
    expect(await rootDialogue(candidates, none.page, none.ask)).toBeNull();
  });
});

test('--sample refuses a role from which row-level security hides rows', async ({ database }) => {
  await database.client.query(schema);
  const role = database.uniqueRole('bound');
  const propose = () => {
    const url = new URL(database.url);
    url.searchParams.set('options', `-c role=${role}`);
    return proposeModel({
      connection: { url: url.href, source: '--database-url' },
      ...{ roots: [], sample: true, setting: 'app.tenant', appRole: 'app_user' },
    });
  };
  await database.client.query(`create role ${role}; grant select on all tables in schema public to ${role}`);
  expect((await propose()).model).toContain('public.projects');
  await database.client.query('alter table projects enable row level security');
  await expect(propose()).rejects.toMatchObject({
    kind: 'usage',
    code: 'sample-bound',
    message: `--sample: row-level security hides rows of public.projects from ${role}; what it hides would count as agreement.`,
  });
});
