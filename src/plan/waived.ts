import type { Situation } from './situation.ts';

/** Whether the model accepts a finding that is going to be: then it stays as it is. */
export function isWaived({ model }: Situation, rule: string, object: string): boolean {
  return model.waivers.some((waiver) => waiver.rule === rule && waiver.object === object);
}
