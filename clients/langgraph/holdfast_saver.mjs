// A LangGraph.js checkpointer that keeps its checkpoints in Holdfast's journal (docs/langgraph.md).
import { BaseCheckpointSaver, TASKS, WRITES_IDX_MAP, compareWritesSortKeys, copyCheckpoint, getCheckpointId, maxChannelVersion, writesSortKey } from '@langchain/langgraph-checkpoint';
import { StorageClient } from './storage_client.mjs';

export { HoldfastError, StorageClient } from './storage_client.mjs';

const mostWrites = 1000; // In one request.
const mostPerPage = 100;

export class HoldfastSaver extends BaseCheckpointSaver {
  /** `options`: as StorageClient's, and `serde`. */
  constructor({ serde, ...options }) {
    super(serde);
    this.storage = new StorageClient(options);
  }

  /** For a Run of @holdfast/worker: opens the run's thread, while the attempt lasts. Undefined without Holdfast in front. */
  static forRun(run, options = {}) {
    return run.url && run.token ? new HoldfastSaver({ url: run.url, token: run.token, ...options }) : undefined;
  }

  async getTuple(config) {
    const { thread_id, checkpoint_ns: namespace = '' } = config.configurable ?? {};
    if (thread_id === undefined) return undefined;
    const checkpoint_id = getCheckpointId(config);
    if (checkpoint_id) {
      const stored = await this.storage.getCheckpoint({ thread_id, namespace, checkpoint_id });
      return stored && { ...(await this.#tupleOf(stored)), config };
    }
    const page = await this.storage.listCheckpoints({ thread_id, namespace, limit: 1 });
    return page.checkpoints[0] && this.#tupleOf(page.checkpoints[0]);
  }

  async *list(config, { before, limit, filter = {} } = {}) {
    const { thread_id, checkpoint_ns: namespace, checkpoint_id } = config.configurable ?? {};
    const asked = Object.entries(filter);
    const plain = Object.fromEntries(asked.filter(([, value]) => isSearchable(value)));
    const others = asked.filter(([, value]) => !isSearchable(value));
    const query = { thread_id, namespace, before: before?.configurable?.checkpoint_id };
    if (Object.keys(plain).length > 0) query.metadata = JSON.stringify(plain);
    for (let left = limit ?? Infinity, cursor; left > 0; ) {
      const page = await this.storage.listCheckpoints({ ...query, cursor, limit: Math.min(left, mostPerPage) });
      for (const stored of page.checkpoints) {
        if (checkpoint_id && stored.checkpoint_id !== checkpoint_id) continue;
        const tuple = await this.#tupleOf(stored);
        if (!others.every(([key, value]) => JSON.stringify(tuple.metadata[key]) === JSON.stringify(value))) continue;
        yield tuple;
        if (--left <= 0) return;
      }
      cursor = page.next_cursor;
      if (!cursor) return;
    }
  }

  /** A channel is stored once under its version, as long as `newVersions` says which ones are new. */
  async put(config, checkpoint, metadata, newVersions = checkpoint.channel_versions) {
    const { thread_id, checkpoint_ns: namespace = '', checkpoint_id: parent } = config.configurable ?? {};
    need('thread_id', thread_id);
    const { channel_values: values = {}, ...rest } = copyCheckpoint(checkpoint);
    const [state, kept, parts] = await Promise.all([this.#encode(rest), this.#encode(metadata), this.#partsOf(checkpoint, values, newVersions)]);
    const searchable = Object.fromEntries(Object.entries(metadata).filter(([, value]) => isSearchable(value)));
    const body = { metadata: searchable, state: { checkpoint: state, metadata: kept }, parts, ...(parent && { parent_id: parent }) };
    await this.storage.putCheckpoint({ thread_id, namespace, checkpoint_id: checkpoint.id }, body);
    return configOf({ thread_id, namespace, checkpoint_id: checkpoint.id });
  }

  async putWrites(config, writes, taskId, taskPath = '') {
    const { thread_id, checkpoint_ns: namespace = '', checkpoint_id } = config.configurable ?? {};
    need('thread_id', thread_id);
    need('checkpoint_id', checkpoint_id);
    const encoded = await Promise.all(
      writes.map(async ([channel, value], index) => ({
        index: WRITES_IDX_MAP[channel] ?? index,
        value: { channel, path: taskPath, value: await this.#encode(value) },
      })),
    );
    for (let at = 0; at < encoded.length; at += mostWrites) {
      await this.storage.putWrites({ thread_id, namespace, checkpoint_id }, taskId, encoded.slice(at, at + mostWrites));
    }
  }

  /** Of the checkpoints. The runs of the thread stay: DELETE /v1/threads/{thread_id} removes both. */
  async deleteThread(threadId) {
    await this.storage.deleteCheckpoints(threadId);
  }

  async #tupleOf(stored) {
    const values = await Promise.all(stored.parts.map(async ({ name, value }) => [name, await this.#decode(value)]));
    const checkpoint = { ...(await this.#decode(stored.state.checkpoint)), channel_values: Object.fromEntries(values) };
    const tuple = {
      config: configOf(stored),
      checkpoint,
      metadata: await this.#decode(stored.state.metadata),
      pendingWrites: await this.#writesOf(stored),
    };
    if (stored.parent_id === null) return tuple;
    if (checkpoint.v < 4) await this.#addPendingSends(checkpoint, stored);
    return { ...tuple, parentConfig: configOf({ ...stored, checkpoint_id: stored.parent_id }) };
  }

  #partsOf({ channel_versions }, values, newVersions) {
    return Promise.all(
      Object.entries(channel_versions).map(async ([name, version]) => {
        const part = { name, version: String(version) };
        return name in newVersions && name in values ? { ...part, value: await this.#encode(values[name]) } : part;
      }),
    );
  }

  async #writesOf({ writes }) {
    const keyed = writes.map((write) => ({ ...write, key: writesSortKey(write.value.path, write.task_id, write.index) }));
    keyed.sort((a, b) => compareWritesSortKeys(a.key, b.key));
    return Promise.all(keyed.map(async ({ task_id, value }) => [task_id, value.channel, await this.#decode(value.value)]));
  }

  /** Checkpoints of format 3 and below have what was sent among the writes of their parent. */
  async #addPendingSends(checkpoint, { thread_id, namespace, parent_id }) {
    const parent = await this.storage.getCheckpoint({ thread_id, namespace, checkpoint_id: parent_id });
    const writes = parent ? await this.#writesOf(parent) : [];
    checkpoint.channel_values ??= {};
    checkpoint.channel_values[TASKS] = writes.filter(([, channel]) => channel === TASKS).map(([, , value]) => value);
    checkpoint.channel_versions ??= {};
    const versions = Object.values(checkpoint.channel_versions);
    checkpoint.channel_versions[TASKS] = versions.length > 0 ? maxChannelVersion(...versions) : this.getNextVersion(undefined);
  }

  /** Text is kept as text, so that no depth of nesting and no number is the server's affair. */
  async #encode(value) {
    const [type, bytes] = await this.serde.dumpsTyped(value);
    return type === 'json' ? { type, text: new TextDecoder().decode(bytes) } : { type, base64: Buffer.from(bytes).toString('base64') };
  }

  #decode({ type, text, base64 }) {
    return this.serde.loadsTyped(type, text ?? Buffer.from(base64, 'base64'));
  }
}

function configOf({ thread_id, namespace, checkpoint_id }) {
  return { configurable: { thread_id, checkpoint_ns: namespace, checkpoint_id } };
}

/** What the server can compare. */
function isSearchable(value) {
  return value === null || typeof value === 'boolean' || Number.isFinite(value) || (typeof value === 'string' && !value.includes('\0') && value.isWellFormed());
}

function need(name, value) {
  if (value === undefined) throw new Error(`the config has no "${name}" in "configurable": HoldfastSaver keeps checkpoints by it`);
}
