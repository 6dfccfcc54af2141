// Loads the bundle (docs/adr/0014), and keeps what V8 has made of it beside it: to compile it anew takes longer than a run
// that has nothing to do. Whoever may write there may change the bundle itself; for all others nothing is kept.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { dirname, join } from 'node:path';
import { cachedDataVersionTag } from 'node:v8';
import { Script } from 'node:vm';

/**
 * Runs a chunk and those that it requires. The name of each tells its content, so that what is kept fits it.
 *
 * @param {string} path of the chunk, absolute
 */
export function loadBundle(path) {
  const folder = dirname(path);
  const kept = join(folder, 'compiled', `${process.arch}-${cachedDataVersionTag()}`);
  const keeps = process.env.NODE_DISABLE_COMPILE_CACHE === undefined;
  const outside = createRequire(path);
  const modules = new Map();
  const fresh = new Map();

  const load = (name) => {
    const known = modules.get(name);
    if (known) return known.exports;
    const module = { exports: {} };
    modules.set(name, module);
    const filename = join(folder, name);
    const cachedData = keeps ? readIfThere(join(kept, name)) : undefined;
    const script = new Script(Module.wrap(readFileSync(filename, 'utf8')), { filename, cachedData });
    if (cachedData === undefined || script.cachedDataRejected) fresh.set(name, script);
    const require = (id) => (id.startsWith('./') ? load(id.slice(2)) : outside(id));
    script.runInThisContext().call(module.exports, module.exports, require, module, filename, folder);
    return module.exports;
  };

  // At the end, when the functions that a command needs have been compiled too.
  if (keeps) process.on('exit', () => keep(kept, fresh));
  return load(path.slice(folder.length + 1));
}

function readIfThere(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Each file is whole or not there, whoever else writes it or ends meanwhile. */
function keep(folder, scripts) {
  if (scripts.size === 0) return;
  try {
    mkdirSync(folder, { recursive: true });
    for (const [name, script] of scripts) {
      const part = join(folder, `${name}.${process.pid}`);
      writeFileSync(part, script.createCachedData());
      renameSync(part, join(folder, name));
    }
  } catch {
    // Nobody is told: it only takes longer the next time.
  }
}
