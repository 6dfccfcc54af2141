import { describe, expect, test } from 'vitest';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCli } from '../support/cli.ts';

const commands = [
  'demo',
  'init',
  'plan',
  'doctor',
  'migrate',
  'rollback',
  'backfill',
  'verify',
  'lint',
  'prove',
  'policies',
  'explain',
  'catalog',
  'status',
  'history',
  'seed',
  'import',
  'baseline',
  'repair',
  'unlock',
];

describe('--help', () => {
  test('lists every command', async () => {
    const { code, stdout, stderr } = await runCli(['--help']);

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const listed = [...stdout.matchAll(/^ {2}(\w+) /gm)].map((match) => match[1]);
    expect(listed).toEqual([...commands, 'help']);
  });

  test.for(commands)('%s says what it does', async (command) => {
    const { code, stdout, stderr } = await runCli([command, '--help']);

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: rowhouse ${command}`);
  });
});

test('--version is that of the package', async () => {
  const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
    version: string;
  };
  expect(await runCli(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` });
});

test.for([
  ['an unknown command', ['migrat'], "unknown command 'migrat'"],
  ['no command', [], 'Usage: rowhouse'],
  ['an unknown option', ['migrate', '--frobnicate'], "unknown option '--frobnicate'"],
  ['too many arguments', ['status', 'now'], 'too many arguments'],
  ['a missing argument', ['import'], "missing required argument 'dir'"],
  ['a missing option', ['baseline'], "required option '--to <target>' not specified"],
  ['steps that are no number', ['migrate', '--steps', 'all'], 'whole number'],
  ['no steps', ['rollback', '--steps', '0'], 'whole number'],
  ['a phase that is none', ['migrate', '--phase', 'shrink'], 'Allowed choices are expand, backfill, contract'],
  ['a wait that is none', ['migrate', '--lock-wait', '5'], 'Write 500ms, 2s, 30min or 1h'],
  ['an action that is none', ['rollback', '--tenant-rows', 'lose'], 'Allowed choices are refuse, export, delete, keep'],
] as const)('%s is a usage error', async ([, args, message]) => {
  const { code, stdout, stderr } = await runCli(args);

  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(message);
});

test.for([
  ['--to 1 --all', ['--to', '1', '--all']],
  ['--steps 1 --phase expand', ['--steps', '1', '--phase', 'expand']],
] as const)('rollback %s is a usage error', async ([, args]) => {
  const { code, stderr } = await runCli(['rollback', ...args]);

  expect(code).toBe(2);
  expect(stderr).toContain('exclude each other');
});
