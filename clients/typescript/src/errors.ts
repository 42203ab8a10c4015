/** Why there is no answer. There is no error for time: a run that takes long, or cannot be reached, is `recovering`. */

import type { Problem, Run } from './protocol.ts';

/**
 * `failed`, `cancelled`, `expired`: how the run ended (`run` has it). `refused`: the server did not take the question, or
 * does not know the run any more; `unauthorized`: for want of a valid login (`problem` has what it said).
 * `detached`: this client does not follow the run any more; the run itself goes on.
 */
export type ErrorCode = 'failed' | 'cancelled' | 'expired' | 'refused' | 'unauthorized' | 'detached';

export class HoldfastError extends Error {
  override readonly name = 'HoldfastError';
  declare readonly code: ErrorCode;
  declare readonly runId: string;
  /** The run as it ended. */
  declare readonly run?: Run;
  /** What the server said. */
  declare readonly problem?: Problem;

  constructor(message: string, details: Pick<HoldfastError, 'code' | 'runId' | 'run' | 'problem'>) {
    super(message);
    Object.assign(this, details);
  }
}
