/** The order in which a conversion runs; one may stop between two phases to deploy. */
export const phases = ['expand', 'backfill', 'contract'] as const;
export type Phase = (typeof phases)[number];
