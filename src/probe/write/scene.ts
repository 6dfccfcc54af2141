import type { InsertControl } from './control.ts';
import type { Material } from './material.ts';
import type { Stage } from './try.ts';

/** A target as one subject finds it, and rows to attack it with. */
export interface Scene extends Stage {
  readonly material: Material;
  readonly control: InsertControl;
}
