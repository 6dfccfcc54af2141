import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { verify } from '../../src/app/verify.ts';
import { readSnapshot } from '../../src/catalog/read-snapshot.ts';
import { type EmbeddedServer, startEmbeddedServer } from '../../src/embedded/index.ts';
import { restarterOf, shutDown } from '../support/cluster.ts';
import { found, intentOf, notesSchema, relationIntent, soundPolicies, undecided } from '../probe/world.ts';

const reader =
  'create role app_user; grant select, update on notes to app_user; create policy leak on notes for select using (id = 4)';

/** Starts the server of a cluster again, as one that follows another and waits for it. */
async function becomeStandby(server: EmbeddedServer): Promise<void> {
  const restart = restarterOf(server);
  await shutDown(server.pid);
  writeFileSync(join(server.dataDir, 'standby.signal'), '');
  await restart();
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

test.skipIf(process.platform !== 'linux')('a standby is verified but for writes, and says so', async () => {
  const server = await startEmbeddedServer();
  onTestFinished(() => server.stop());
  const primary = new pg.Client({ connectionString: server.url });
  await primary.connect();
  await primary.query(`${notesSchema} ${soundPolicies} ${reader}`);
  await primary.end();
  await becomeStandby(server);

  const client = await connect(server.url);
  const report = await verify(client, intentOf(relationIntent('public.notes')), await readSnapshot(client), {
    tool: { name: 'rowhouse', version: '0.0.0' },
    appRoles: ['app_user'],
    contextOf: (subject) => [{ setting: 'app.tenant', value: subject }],
    connect: () => connect(server.url),
    writes: true,
  });
  expect(found(report)).toEqual(['foreign-row-visible public.notes', 'policy-fails-open public.notes']);
  expect(undecided(report)).toEqual([
    'foreign-row-writable postgres: The server is a standby, which takes no writes: none were tried, and no function was called. Verify the primary.',
  ]);
});
