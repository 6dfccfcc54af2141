import { readFile } from 'node:fs/promises';
import {
  diffLogicalSnapshots,
  readLogicalSnapshot,
  type LogicalDifference,
  type LogicalSnapshot,
} from '../catalog/logical-snapshot.ts';
import { readSnapshot } from '../catalog/read-snapshot.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { messageOf, RowhouseError } from '../domain/errors.ts';
import { connect, type Connection } from '../postgres/connect.ts';
import { databaseError } from '../postgres/database-error.ts';

/** The catalog as Rowhouse reads it. */
export async function showCatalog(connection: Connection): Promise<CatalogSnapshot> {
  return await reading(connection, 'rowhouse catalog', readSnapshot);
}

/** What a database is, each object's name with its definition, without what tells two equal ones apart. */
export async function showLogicalCatalog(connection: Connection, rows: boolean): Promise<Record<string, string>> {
  return Object.fromEntries(
    await reading(connection, 'rowhouse catalog', (client) => readLogicalSnapshot(client, { rows })),
  );
}

/**
 * What differs between the database now and what `catalog --logical --json` printed.
 *
 * @throws RowhouseError `not-a-catalog`
 */
export async function compareCatalog(connection: Connection, file: string): Promise<readonly LogicalDifference[]> {
  const before = await readPrinted(file);
  const rows = [...before.keys()].some((object) => object.startsWith('rows '));
  return diffLogicalSnapshots(
    before,
    await reading(connection, 'rowhouse catalog', (client) => readLogicalSnapshot(client, { rows })),
  );
}

async function readPrinted(file: string): Promise<LogicalSnapshot> {
  try {
    const document: unknown = JSON.parse(await readFile(file, 'utf8'));
    const entries = Object.entries(document as Record<string, unknown>);
    if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) {
      throw new TypeError('its values are not definitions');
    }
    return new Map(entries);
  } catch (error) {
    throw new RowhouseError('usage', 'not-a-catalog', `${file} is no printed catalog: ${messageOf(error)}.`, {
      hint: 'Print one with `rowhouse catalog --logical --json`.',
      cause: error,
    });
  }
}

/** Connects to read the catalog; ends the connection. */
export async function reading<T>(
  connection: Connection,
  applicationName: string,
  read: (client: Awaited<ReturnType<typeof connect>>) => Promise<T>,
): Promise<T> {
  const client = await connect(connection, applicationName);
  try {
    // Printing a view or a policy takes AccessShare on its tables: a locked one must not hold us up.
    await client.query("set lock_timeout = '2s'");
    return await read(client);
  } catch (error) {
    throw databaseError(error, 'Cannot read the catalog');
  } finally {
    await client.end();
  }
}
