#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadBundle } from './bundle-loader.js';

const bundle = join(import.meta.dirname, '../dist/bundle');
const entry = join(bundle, 'entry.txt');
if (existsSync(entry)) {
  loadBundle(join(bundle, readFileSync(entry, 'utf8')));
} else {
  process.stderr.write('Rowhouse is not built yet: run `npm run build` in its folder.\n');
  process.exitCode = 2;
}
