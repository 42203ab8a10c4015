import type { RunnableConfig } from '@langchain/core/runnables';
import type { BaseCheckpointSaver, ChannelVersions, Checkpoint, CheckpointListOptions, CheckpointMetadata, CheckpointTuple, PendingWrite, SerializerProtocol } from '@langchain/langgraph-checkpoint';

export interface StorageOptions {
  /** "http://127.0.0.1:8000" */
  url: string;
  /** An API key, a login token, or the worker token of a run. */
  token?: string;
  /** Milliseconds for which a request that fails in a way that can pass is repeated. Default 30,000. */
  patience?: number;
  fetch?: typeof globalThis.fetch;
}

export declare class HoldfastError extends Error {
  readonly status: number;
  readonly problem: { type?: string; title?: string; detail?: string };
}

export declare class HoldfastSaver extends BaseCheckpointSaver {
  constructor(options: StorageOptions & { serde?: SerializerProtocol });
  static forRun(run: { url?: string; token?: string }, options?: Partial<StorageOptions>): HoldfastSaver | undefined;
  getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined>;
  list(config: RunnableConfig, options?: CheckpointListOptions): AsyncGenerator<CheckpointTuple>;
  put(config: RunnableConfig, checkpoint: Checkpoint, metadata: CheckpointMetadata, newVersions: ChannelVersions): Promise<RunnableConfig>;
  putWrites(config: RunnableConfig, writes: PendingWrite[], taskId: string, taskPath?: string): Promise<void>;
  deleteThread(threadId: string): Promise<void>;
}
