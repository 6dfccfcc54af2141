// Runs the demo and writes what it prints as docs/demo.svg: the picture in the README is a real run.
// Run: npm run picture
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import toSvg from 'ansi-to-svg';

const root = join(import.meta.dirname, '..');
const output = execFileSync(process.execPath, [join(root, 'bin/rowhouse.js'), 'demo'], {
  encoding: 'utf8',
  env: { ...process.env, FORCE_COLOR: '1', COLUMNS: '110' },
  stdio: ['ignore', 'pipe', 'inherit'],
  maxBuffer: 16 * 1024 * 1024,
});
const padding = { paddingTop: 16, paddingLeft: 16, paddingRight: 16, paddingBottom: 16 };
writeFileSync(join(root, 'docs/demo.svg'), `${toSvg(`$ npm run demo\n${output}`, padding)}\n`);
