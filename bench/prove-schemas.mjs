// What the proofs come to on schemas of products, for the table in docs/prove.md: each with the model that its product means.
// Run: npm run bench:prove-schemas -- FOLDER, see products.mjs
import { proveLayer } from '../dist/app/prove-layer.js';
import { readSnapshot } from '../dist/catalog/read-snapshot.js';
import { compileIntent } from '../dist/intent/compile.js';
import { withProducts } from './products.mjs';

await withProducts(async ({ name, model, client, connection }) => {
  const snapshot = await readSnapshot(client);
  const intent = compileIntent(model, snapshot);
  const layer = await proveLayer({ snapshot, model, intent, scratch: connection, timeLimitMs: 600_000 });
  print(name, model, snapshot, layer);
});

/** The policies of the relations of a model, the answers, and what is not proved: each kind of claim with how often. */
function print(name, model, { policies, relations }, { proofs, findings }) {
  const judged = new Set(model.tables.map(({ table }) => `${table.schema}.${table.name}`));
  const own = relations.filter(({ nspname, relname }) => judged.has(`${nspname}.${relname}`)).map(({ oid }) => oid);
  const count = policies.filter(({ polrelid }) => own.includes(polrelid)).length;
  const tried = findings.filter(({ evidence }) => evidence.replayed === true).length;
  console.log(`${name} (${count}): ${proofs.proved} proved, ${proofs.refuted} refuted, ${proofs.unknown} unknown`);
  console.log(`  ${tried} of ${findings.length} findings were seen on the server`);
  const left = proofs.claims.filter(({ answer }) => answer !== 'proved');
  const kinds = new Map();
  for (const { answer, claim, command, object, role, session: whose, reasons } of left) {
    const what =
      claim === 'hides' && left.length > 12
        ? `${answer} ${claim}`
        : `${answer} ${claim} ${command} ${object} ${role} ${whose} ${reasons}`;
    kinds.set(what, (kinds.get(what) ?? 0) + 1);
  }
  for (const [what, times] of kinds) console.log(`  ${times} × ${what.trim()}`);
}
