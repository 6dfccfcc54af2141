import { ok, refused, type Check } from '../check.ts';

export const history: Check = {
  id: 'history',
  looksAt: 'whether files and database agree about what was applied',
  beforeRun: false,
  judge: ({ objection }) => {
    if (objection === null) return ok('Files and database agree about what was applied.');
    const { message, detail, hint, kind } = objection;
    return refused(message, {
      kind,
      details: detail === undefined ? [] : detail.split('\n'),
      ...(hint !== undefined && { advice: hint }),
    });
  },
};
