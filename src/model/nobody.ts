import type { Model } from './model.ts';

/** What nobody generates (RFC 9562), and numbers that no sequence gives: a word for "none". */
const noId = /^(0{8}(-0{4}){3}-0{12}|f{8}(-f{4}){3}-f{12}|0|-\d+)$/i;

/** Whether a text stands for no tenant. */
export function isNobody({ tenants }: Pick<Model, 'tenants'>, text: string): boolean {
  return noId.test(text) && text !== tenants.platform;
}
