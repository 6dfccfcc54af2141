import { describeHolder } from '../../postgres/advisory-lock.ts';
import { ok, refused, type Check } from '../check.ts';

export const runLock: Check = {
  id: 'run-lock',
  looksAt: 'whether another run of Rowhouse is at work here',
  beforeRun: false,
  judge: ({ running }) => {
    if (running === null) return ok('No other run is at work.');
    return refused('Another run is at work in this database.', {
      details: [describeHolder(running)],
      kind: 'locked',
      advice: 'Wait for it; `rowhouse unlock` ends one that nobody wants any more.',
    });
  },
};
