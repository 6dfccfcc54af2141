import { loadModule } from 'libpg-query';

/** Ends when the parser can be asked. It is compiled beside what else a command loads, where that begins with this. */
export const parserLoaded: Promise<void> = loadModule();
