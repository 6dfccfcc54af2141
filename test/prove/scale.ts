/** How many times as much the differential tests try as in CI, and from which seed: docs/prove.md. */
export const times = Number(process.env['ROWHOUSE_PROVE_TIMES'] ?? 1);
export const firstSeed = Number(process.env['ROWHOUSE_PROVE_SEED'] ?? 20);

/** How many milliseconds a test of so much may take. */
export const scaled = 60_000 * times;
