/** Bytes of WAL that a streaming replica may be behind before a backfill waits for it, and a check tells of it. */
export const usualReplicaLag = 256 * 2 ** 20;
/** Bytes of WAL that may wait to be archived, likewise. */
export const usualArchiveBacklog = 2 ** 30;
