// Written by generate_types.mjs from docs/openapi.yaml.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Format: uuid
         * @description A UUID of any version, best one of version 7.
         */
        RunId: string;
        /**
         * @description The last four are terminal and never change.
         * @enum {string}
         */
        RunStatus: "queued" | "running" | "completed" | "failed" | "cancelled" | "expired";
        /** @description Since 1970-01-01, UTC. */
        Milliseconds: number;
        /**
         * @description Members that are not named here are handed to the worker with their values as written, except `holdfast`:
         *     that member is reserved for what is added for the worker (docs/worker-protocol.md), and a request that has it is refused.
         *     Nested at most 32 levels deep.
         */
        RunRequest: {
            prompt: components["schemas"]["Prompt"];
            /** @description Not needed; when it is there, it must be the one in the path. */
            thread_id?: string;
            run_id?: components["schemas"]["RunId"];
            /** @default false */
            stream: boolean;
        };
        /**
         * @description Members that are not named here are handed to the worker with their values as written, except `holdfast`:
         *     that member is reserved for what is added for the worker (docs/worker-protocol.md), and a request that has it is refused.
         *     Nested at most 32 levels deep.
         */
        AnalyzeRequest: {
            prompt: components["schemas"]["Prompt"];
            thread_id: string;
            run_id?: components["schemas"]["RunId"];
            /** @default false */
            stream: boolean;
        };
        /** @description Trimmed before it is counted. At least one character that can be seen. */
        Prompt: string;
        Run: {
            run_id: components["schemas"]["RunId"];
            thread_id: string;
            status: components["schemas"]["RunStatus"];
            prompt: string;
            created_at: components["schemas"]["Milliseconds"];
            /** @description Of the latest attempt. */
            started_at: number | null;
            finished_at: number | null;
            /** @description When a client said that it has shown the answer. */
            delivered_at: number | null;
            /** @description Attempts started so far. */
            attempt: number;
            queue?: components["schemas"]["Queue"];
            /** @description What the worker answered. Of the built-in worker a `Result`; of another, any JSON. */
            result?: components["schemas"]["Result"] | unknown;
            error?: components["schemas"]["RunError"];
            usage: components["schemas"]["Usage"];
            via?: components["schemas"]["Via"];
        } & (unknown & unknown & unknown);
        /**
         * @description How the answer reached this client.
         * @enum {string}
         */
        Via: "direct" | "stream" | "poll" | "journal" | "replayed";
        Queue: {
            /**
             * @description 1 is next. Null at an instance that did not accept the run; only the one that did knows its turns. Of a run
             *     that waits for another one (same_question) it is the place of that one, and null once that one has started.
             */
            position: number | null;
            /** @enum {string} */
            reason: "starting" | "workers_busy" | "workers_starting" | "workers_failing" | "retry_backoff" | "at_another_instance" | "memory" | "same_question";
            detail?: string;
            /** @description Null while no run has finished yet. */
            estimate_seconds: number | null;
            /** @description What the run that is next is expected to take. Only with the reason memory. */
            needed_bytes?: number;
            /** @description What the limit leaves for it now. Only with the reason memory. */
            free_bytes?: number;
        };
        RunError: {
            code: string;
            message: string;
            /** @description What is known of the last attempt. */
            evidence?: Record<string, never>;
            /** @description What the worker answered. */
            detail?: unknown;
        };
        Usage: {
            timing_ms?: {
                queued?: number;
                run?: number;
                journal?: number;
            };
            memory?: components["schemas"]["MemoryReceipt"];
            /**
             * @description The answer is that of another run, which was asked the same; no worker was needed. Absent otherwise. A
             *     request with `Cache-Control: no-cache` is always computed anew.
             */
            cache?: {
                /** @constant */
                hit: true;
                from: components["schemas"]["RunId"];
            };
        };
        /**
         * @description What the latest attempt that ended cost: anonymous and shared memory of its worker and all that it started, read
         *     ten times a second, and at both ends. Of a run shorter than that the peak is what was seen, not more.
         */
        MemoryReceipt: {
            before_bytes: number;
            peak_bytes: number;
            after_bytes: number;
            /** @description After less before, when not shared. */
            retained_bytes: number;
            /** @description How far it was expected to grow at most. */
            predicted_bytes: number;
            /** @enum {unknown} */
            level_at_start: "normal" | "warning" | "critical" | "emergency";
            /** @description Won back by relief and replaced workers while it waited for memory. */
            relief_bytes: number;
            /**
             * @description The process served other runs too (`worker.concurrency`): before, peak and after are of all of them together,
             *     `retained_bytes` is an equal part. Absent otherwise.
             * @constant
             */
            shared?: true;
        };
        /** @description The answer of the built-in worker. */
        Result: {
            result: string;
            sql?: string | null;
            table?: components["schemas"]["Table"];
            queries_and_results?: unknown[][];
            datasets_used?: unknown[];
            followup_prompts?: string[];
        };
        Table: {
            columns: string[];
            rows: (string | number | boolean | null)[][];
            row_count: number | null;
            /** @description The limit on rows or bytes was reached. */
            truncated: boolean;
        };
        RunList: {
            runs: components["schemas"]["Run"][];
            truncated?: components["schemas"]["Truncated"];
        };
        RunPage: {
            runs: components["schemas"]["Run"][];
            /** @description Null on the last page. */
            next_cursor: string | null;
        };
        Timeline: {
            run_id: components["schemas"]["RunId"];
            status: components["schemas"]["RunStatus"];
            entries: {
                /** @description From 1 without a gap. */
                seq: number;
                at: components["schemas"]["Milliseconds"];
                attempt: number;
                /** @enum {string} */
                kind: "accepted" | "started" | "progress" | "checkpoint" | "delta" | "response" | "piece" | "attempt_lost" | "completed" | "failed" | "cancelled" | "expired" | "delivered";
            }[];
        };
        HeapProfile: {
            runtime: string;
            /** @description `objects`: what names lead to; `sampled`: where it was allocated. */
            kind: string;
            truncated: boolean;
            total_bytes: number;
            stacks: {
                frames: string[];
                count?: number;
                bytes: number;
            }[];
        };
        ThreadList: {
            threads: {
                thread_id: string;
                /** @description The first prompt of the thread. */
                title: string;
                latest_at: components["schemas"]["Milliseconds"];
                run_count: number;
            }[];
            truncated?: components["schemas"]["Truncated"];
        };
        /**
         * @description Server-sent events: `hello` (`run_id`, `status`, `last_seq`, `queue`), then `status` (`status`, `cause`, `queue`),
         *     `progress` (`step`, `message`), `delta` (`text`, or `base64` where bytes of a guaranteed route are no text), and
         *     last `done` with the run. All but `hello` and `done` have `seq`, `at` and `attempt`. Without an id come `queue` (`status`, `queue`), at every heartbeat while the run waits, and
         *     `draining` when the server stops: connect again.
         */
        EventStream: string;
        /**
         * @description Server-sent events without `event` lines; the JSON has a `type`: `status` (`message`, `run_id`), `answer_chunk`
         *     (`token`), `final` (`data`, as the body without `stream`), `error` (`status`, `message`).
         */
        CompatibleStream: string;
        AnalyzeAnswer: {
            prompt: string;
            result: string;
            /** @description The same as `result`. */
            response: string;
            run_id: components["schemas"]["RunId"];
            thread_id: string;
            queries_and_results: unknown[];
            datasets_used: unknown[];
            top_selection_codes: unknown[];
            sql: string | null;
            datasetUrl: string | null;
            top_chunks: unknown[];
            followup_prompts: string[];
            iteration: number;
            max_iterations: number;
            memory_usage_mb: number;
            analysis_completed: boolean;
            server_status: string;
            /** Format: date-time */
            timestamp: string;
            usage?: components["schemas"]["Usage"];
            via?: components["schemas"]["Via"];
            /** @description Only when the run failed after the response had begun. */
            error?: string;
        };
        Message: {
            id: string;
            threadId: string;
            user: string;
            content: string;
            isUser: boolean;
            createdAt: components["schemas"]["Milliseconds"];
            run_id: components["schemas"]["RunId"];
            status?: components["schemas"]["RunStatus"];
            error?: string;
            meta: Record<string, never>;
        };
        Health: {
            /** @enum {string} */
            status: "healthy" | "degraded";
            /** Format: date-time */
            timestamp: string;
            uptime_seconds: number;
            version: string;
            memory: {
                rss_mb: number;
                vms_mb: number;
                percent: number | null;
            };
            database: {
                healthy: boolean;
                checkpointer_type: string;
                error: string | null;
            };
            total_requests_processed: number;
        };
        /** @description What a client sees that has not said who it is, where it would have to. */
        HealthForEverybody: {
            /** @enum {string} */
            status: "healthy" | "degraded";
            /** Format: date-time */
            timestamp: string;
        };
        Probe: {
            /** @enum {string} */
            status: "ok" | "draining" | "journal_unavailable";
        };
        /**
         * @description There when something was left out because the answer would have been too long.
         * @constant
         */
        Truncated: true;
        /** @description A question with its answer. */
        Turn: {
            id: components["schemas"]["RunId"];
            threadId: string;
            user: string;
            createdAt: components["schemas"]["Milliseconds"];
            prompt: string;
            /** @description Null until the run is completed. */
            final_answer: string | null;
            queries_and_results: unknown[];
            datasets_used: unknown[];
            top_chunks: unknown[];
            followup_prompts: unknown[];
            sql_query: string | null;
            /** @description Of a run that failed, expired or was cancelled. */
            error: string | null;
            /** @description The run has not ended. */
            isLoading: boolean;
            isError: boolean;
            /** @description Milliseconds. Of the latest attempt. */
            startedAt: number | null;
            /** @description Milliseconds. */
            finishedAt: number | null;
            run_id: components["schemas"]["RunId"];
            status: components["schemas"]["RunStatus"];
        };
        RunLine: {
            run_id: components["schemas"]["RunId"];
            prompt: string;
            /**
             * Format: date-time
             * @description When the run was accepted.
             */
            timestamp: string;
        };
        /** @description By run. */
        Sentiments: {
            [key: string]: boolean;
        };
        Conversation: {
            messages: components["schemas"]["Turn"][];
            runIds: components["schemas"]["RunLine"][];
            sentiments: components["schemas"]["Sentiments"];
            truncated?: components["schemas"]["Truncated"];
        };
        /** @description Each part by thread. */
        Conversations: {
            messages: {
                [key: string]: components["schemas"]["Turn"][];
            };
            runIds: {
                [key: string]: components["schemas"]["RunLine"][];
            };
            sentiments: {
                [key: string]: components["schemas"]["Sentiments"];
            };
            truncated?: components["schemas"]["Truncated"];
        };
        ChatThreads: {
            threads: {
                thread_id: string;
                /** Format: date-time */
                latest_timestamp: string;
                run_count: number;
                /** @description The beginning of the first prompt. */
                title: string;
                /** @description The first prompt. */
                full_prompt: string;
            }[];
            total_count: number;
            page: number;
            limit: number;
            has_more: boolean;
        };
        RunIds: {
            run_ids: components["schemas"]["RunLine"][];
            truncated?: components["schemas"]["Truncated"];
        };
        DeletedChat: {
            message: string;
            deleted_counts: {
                runs: number;
                entries: number;
                checkpoints: number;
                ratings: number;
                thread_checkpoints: number;
            };
            thread_id: string;
            /** @description Whose thread it was. */
            user_email: string;
        };
        ThreadCheckpointPut: {
            /** @description The checkpoint that this one goes on from. */
            parent_id?: string;
            /** @description What lists can be filtered by. Without NUL characters. */
            metadata?: Record<string, never>;
            /** @description Any JSON. */
            state: unknown;
            parts?: {
                name: string;
                version: string;
                /** @description Any JSON. */
                value?: unknown;
            }[];
        };
        ThreadWritesPut: {
            writes: {
                index: number;
                /** @description Any JSON. */
                value: unknown;
            }[];
        };
        ThreadCheckpoint: {
            thread_id: string;
            namespace: string;
            checkpoint_id: string;
            parent_id: string | null;
            /** Format: date-time */
            created_at: string;
            metadata: Record<string, never>;
            /** @description Any JSON. */
            state: unknown;
            /** @description Those of which there is a value, by name. */
            parts: {
                name: string;
                version: string;
                /** @description Any JSON. */
                value: unknown;
            }[];
            /** @description By task and index. */
            writes: {
                task_id: string;
                index: number;
                /** @description Any JSON. */
                value: unknown;
            }[];
        };
        ThreadCheckpointPage: {
            checkpoints: components["schemas"]["ThreadCheckpoint"][];
            next_cursor: string | null;
        };
        /** @description At least one of `feedback` and `comment`; else 400. */
        FeedbackRequest: {
            run_id: components["schemas"]["RunId"];
            /**
             * @description 1 is good, 0 is bad.
             * @enum {integer|null}
             */
            feedback?: 0 | 1 | null;
            comment?: string | null;
        };
        Feedback: {
            message: string;
            run_id: components["schemas"]["RunId"];
            /** @enum {integer|null} */
            feedback: 0 | 1 | null;
            comment: string;
        };
        SentimentRequest: {
            run_id: components["schemas"]["RunId"];
            /** @description Null takes it back. */
            sentiment: boolean | null;
        };
        Sentiment: {
            message: string;
            run_id: components["schemas"]["RunId"];
            sentiment: boolean | null;
        };
        StopRequest: {
            thread_id: string;
            run_id: components["schemas"]["RunId"];
        };
        Stopped: {
            /** @enum {string} */
            status: "success" | "not_found";
            message: string;
            thread_id: string;
            run_id: components["schemas"]["RunId"];
        };
        DatabaseHealth: {
            /** @enum {string} */
            status: "healthy" | "degraded" | "unhealthy";
            /** @enum {string} */
            database_connection: "healthy" | "error";
            /** @description Runs can be made durable, if only in the local journal. */
            checkpointer_available: boolean;
            checkpointer_type: string;
            /** @description Of the latest read; null before the first. */
            read_latency_ms: number | null;
            spill: {
                /** @description What is written goes to the local journal. */
                active: boolean;
                /** @description Runs that are not in the database yet. */
                depth: number;
                oldest_seconds: number;
            };
            error: string | null;
            /** Format: date-time */
            timestamp: string;
        };
        PreparedStatements: {
            /** @enum {string} */
            status: "healthy" | "degraded" | "unhealthy";
            /** @enum {string} */
            checkpointer_status: "healthy" | "unavailable";
            prepared_statements_count: number;
            prepared_statement_names: string;
            connection_kwargs: Record<string, never>;
            /** Format: date-time */
            timestamp: string;
        };
        /**
         * @description Other versions may have written others. `started`, `stopped` (by a signal, after the drain; a kill leaves none),
         *     `level_changed` (`from`, `to`, `cause`, `used`, `limit`), `relief_walked` (`level`, `actions`, `freed`, `took_ms`),
         *     `worker_recycled` (`worker`, `pid`, `reason`, `freed`), `run_preempted` (`run_id`, `attempt`, `worker`, `growth`), `kernel_kill` (`worker`,
         *     `pid`, `run_id`), `recycling_useless` and `restart_recommended` (`reason`), `leak_found` (`route`, `bytes_per_run`),
         *     `fragmentation` (`resident`, `live`). Sizes are in bytes. Any member may be missing.
         */
        IncidentKind: string;
        Incident: {
            /** Format: uuid */
            id: string;
            /** @description Milliseconds since 1970, by the clock of the instance. */
            at: number;
            /** @description The server it happened to. */
            instance: string;
            kind: components["schemas"]["IncidentKind"];
            /** @description What the kind says; up to 4 KB. */
            body: Record<string, never>;
        };
        IncidentPage: {
            incidents: components["schemas"]["Incident"][];
            /** @description False while the database is away and does not answer; the incidents are those of this server since then. */
            complete: boolean;
            /** @description Incidents that this server could not keep since its start. */
            dropped: number;
            /** @description Null on the last page. */
            next_cursor: string | null;
        };
        /**
         * @description Server-sent events without ids: `snapshot` (OperationsSnapshot), then `change` (OperationsChange), and `draining` last.
         *     The schemas are of their data.
         */
        OperationsStream: string;
        /** @description What is left out for those who are no administrators is not required. */
        OperationsSnapshot: {
            at: components["schemas"]["Milliseconds"];
            admin: boolean;
            /** @description Who looks. */
            subject: string;
            /** @description Of the program. */
            version: string;
            started_at: components["schemas"]["Milliseconds"];
            /** @description As incidents name this server. */
            instance?: string;
            /** @description The shares of the limit at which the levels warning, critical and emergency begin. */
            levels?: number[];
            samples?: components["schemas"]["OperationsSamples"];
            marks?: components["schemas"]["OperationsMarks"];
            /** @description The settings in force, as `holdfast config` shows them; no password and no secret. */
            settings?: {
                key: string;
                value: string;
                /** @description default, a file, a flag or the name of a variable. */
                origin: string;
                environment: string;
                help: string;
            }[];
            topics: components["schemas"]["OperationsTopics"];
        };
        OperationsChange: {
            at: components["schemas"]["Milliseconds"];
            samples?: components["schemas"]["OperationsSamples"];
            marks?: components["schemas"]["OperationsMarks"];
            topics: components["schemas"]["OperationsTopics"];
        };
        /**
         * @description One a second, oldest first, half an hour at most: `[at, used, limit, supervisor, workers, running, waiting, level]`.
         *     Sizes are in bytes and null when they could not be read; the level is 0 normal to 3 emergency.
         */
        OperationsSamples: (number | null)[][];
        /** @description Incidents of the last half hour that are new, of all instances, oldest first. */
        OperationsMarks: components["schemas"]["Incident"][];
        /** @description Only those that have changed. Null, but for `answers`, stands for what this server does not have. */
        OperationsTopics: {
            server?: {
                draining: boolean;
                consoles: number;
                connections: number;
                /** @description Runs that ended so since the server was started. */
                completed: number;
                failed: number;
                cancelled: number;
                expired: number;
            };
            level?: {
                name: components["schemas"]["MemoryLevel"];
                /** @description Null when it never changed. */
                since: number | null;
                cause: string;
                readable: boolean;
                /** @enum {unknown} */
                limit_source: "setting" | "cgroup" | "machine" | "";
                restart_recommended: boolean;
                warnings: string[];
            };
            runs?: components["schemas"]["LiveRuns"];
            /** @description Runs that ended at this server lately, newest first. */
            ended?: components["schemas"]["EndedRun"][];
            /** @description Of all instances on the journal. Null while it is not known. */
            answers?: {
                undelivered: number;
                /** @description There are more than were counted. */
                more: boolean;
                oldest_undelivered_seconds: number | null;
                oldest_queued_seconds: number | null;
            } | null;
            routes?: components["schemas"]["Memory"]["routes"];
            workers?: {
                ready: number;
                crash_loop: boolean;
                last_failure: string;
                places: {
                    index: number;
                    /** @description 0 while there is no process. */
                    pid: number;
                    /** @enum {unknown} */
                    state: "starting" | "idle" | "busy" | "stopping" | "backing_off" | "parked";
                    run_id: string;
                    retiring: boolean;
                    starts: number;
                }[];
                memory: components["schemas"]["Memory"]["workers"];
            };
            supervisor?: components["schemas"]["Memory"]["bands"];
            admission?: null | components["schemas"]["Memory"]["admission"];
            relief?: {
                actions: {
                    action: string;
                    relieved: number;
                    nothing_to_do: number;
                    failed: number;
                    timed_out: number;
                    skipped: number;
                    returned_bytes: number;
                    pause_ms: number;
                    futile: boolean;
                }[];
                /** @description Workers replaced, by reason. */
                recycled: {
                    [key: string]: number;
                };
                retired: number;
                preempted: number;
                kernel_kills: number;
            } | null;
            database?: {
                type: string;
                /** @enum {unknown} */
                status: "healthy" | "degraded" | "unhealthy";
                error: string;
                read_latency_ms: number | null;
                commits: number;
                writes: number;
                incidents_dropped: number;
                spill: {
                    active: boolean;
                    depth: number;
                    oldest_seconds: number;
                };
                connections: Record<string, never> | null;
            };
            cache?: components["schemas"]["Memory"]["cache_info"];
            passing?: {
                open: number;
                upgraded: number;
                answered: number;
                failed: number;
            } | null;
        };
        LiveRuns: {
            running: components["schemas"]["LiveRun"][];
            waiting: components["schemas"]["LiveRun"][];
            /** @description Also of those that the list leaves out. */
            running_count: number;
            waiting_count: number;
        };
        LiveRun: {
            run_id: components["schemas"]["RunId"];
            owner: string;
            thread_id: string;
            /** @description The beginning of the question. */
            title: string;
            attempt: number;
            last_seq: number;
            created_at: components["schemas"]["Milliseconds"];
            started_at?: number | null;
            /** @description The latest that its worker has told of. */
            step?: {
                name: string;
                message: string;
                at: components["schemas"]["Milliseconds"];
                /** @description Steps of this attempt so far. */
                count: number;
            } | null;
            /** @description Its place in the pool. */
            worker?: number | null;
            /** @description What it has taken so far, and was expected to take at most. Null while nobody measures it. */
            memory?: {
                grown_bytes: number;
                predicted_bytes: number;
            } | null;
            queue?: null | components["schemas"]["Queue"];
        };
        EndedRun: {
            run_id: components["schemas"]["RunId"];
            owner: string;
            thread_id: string;
            title: string;
            /** @enum {unknown} */
            status: "completed" | "failed" | "cancelled" | "expired";
            attempt: number;
            created_at: components["schemas"]["Milliseconds"];
            started_at: number | null;
            finished_at: number | null;
            /** @description Null while it is in the inbox. */
            delivered_at: number | null;
            /** @description It was given the answer of another run. */
            shared: boolean;
            /** @description What it left in its worker; negative when that held less after it. */
            retained_bytes: number | null;
            /** @description How far its worker grew in it. */
            peak_bytes: number | null;
        };
        ReliefReport: {
            /** @enum {unknown} */
            level: "normal" | "warning" | "critical" | "emergency";
            /** @description memory.mode is observe; nothing was done. */
            observe_only: boolean;
            /** @description Somebody else had begun it. */
            joined: boolean;
            before_bytes: number | null;
            after_bytes: number | null;
            returned_bytes: number;
            pause_ms: number;
            steps: {
                action: string;
                /** @enum {unknown} */
                cost: "cheap" | "pauses_worker" | "loses_warm_state";
                /** @enum {unknown} */
                end: "relieved" | "nothing_to_do" | "failed" | "timed_out" | "skipped";
                /** @enum {unknown} */
                skipped?: "level" | "cost" | "futile" | "target_met" | "observe_only" | "cancelled";
                before_bytes: number | null;
                after_bytes: number | null;
                returned_bytes: number;
                pause_ms: number;
                error?: string;
            }[];
            /** Format: date-time */
            timestamp: string;
        };
        ClearedCache: {
            entries: number;
            returned_bytes: number;
            /** Format: date-time */
            timestamp: string;
        };
        PoolReset: {
            /** @enum {unknown} */
            status: "done" | "under_way" | "nothing_to_reset";
            /** Format: date-time */
            timestamp: string;
            checkpointer_type: string;
            replaced: number;
            size: number;
            idle: number;
            in_use: number;
            waiting: number;
            created: number;
            broken: number;
            resets: number;
        };
        PoolStatus: {
            /** Format: date-time */
            timestamp: string;
            checkpointer_type: string;
            global_checkpointer_exists: boolean;
            has_connection_pool: boolean;
            pool_closed: boolean;
            pool_healthy: boolean;
            can_query: boolean;
            query_error: string | null;
            size: number;
            idle: number;
            in_use: number;
            waiting: number;
            created: number;
            broken: number;
            resets: number;
        };
        DebugRun: {
            run_id: components["schemas"]["RunId"];
            is_valid_uuid_format: boolean;
            exists_in_database: boolean;
            user_owns_run_id: boolean;
            database_details: Record<string, never>;
        };
        DebugCheckpoints: {
            thread_id: string;
            total_checkpoints: number;
            checkpoints: {
                run_id: components["schemas"]["RunId"];
                step: string;
                state_bytes: number;
                /** @description Belongs to the worker. */
                state: unknown;
            }[];
            truncated?: components["schemas"]["Truncated"];
        };
        Catalog: {
            results: {
                /** @description The name of the table. */
                selection_code: string;
                extended_description: string;
            }[];
            total: number;
            page: number;
            page_size: number;
        };
        DataTables: {
            tables: {
                selection_code: string;
                short_description: string;
            }[];
        };
        AllowanceProblem: components["schemas"]["Problem"] & {
            /** @description Seconds. */
            retry_after: number;
            /** @description Used of what may be started within 10 s. */
            burst_usage: string;
            /** @description Used of what may be started within the window. */
            window_usage: string;
        };
        Memory: {
            status: components["schemas"]["MemoryLevel"];
            /** @description What counts against the limit, of the server and all that its workers started; page cache never counts. */
            memory_rss_mb: number | null;
            /** @description Virtual size of the same processes. */
            memory_vms_mb: number | null;
            /** @description The nearest of `memory.limit`, every cgroup limit and the RAM. */
            memory_limit_mb: number | null;
            /** @description From here on the level is critical. */
            memory_threshold_mb: number | null;
            usage_percent: number | null;
            /** @description The same as `usage_percent`. */
            memory_usage_percent: number | null;
            /** @description The level is critical or emergency. */
            over_threshold: boolean;
            /** @description Virtual by resident size, as the original reported it. It is high for every idle interpreter with threads and says nothing of fragmentation. */
            fragmentation_ratio: number | null;
            /** @description Since the first reading of this process. */
            memory_growth_mb: number | null;
            baseline_memory_mb: number | null;
            /** @enum {unknown} */
            limit_source: "setting" | "cgroup" | "machine" | null;
            total_requests_processed: number;
            warnings: string[];
            cache_info: {
                enabled: boolean;
                off_because: string | null;
                entries: number;
                bytes: number;
                /** @description At the present level. */
                budget_bytes: number;
                /** @description Questions whose answer was kept. */
                hits: number;
                misses: number;
                /** @description Of the misses, answered by a run that was under way with the same question. */
                shared: number;
                /** @description Hits by hits and misses. */
                hit_rate: number | null;
                evicted: number;
                /** @description Answers too large, or no budget at the level. */
                refused: number;
            };
            scaling_info: {
                max_concurrent_analyses: number;
                running: number;
                queued: number;
            };
            /** @description Of the server's own process. */
            bands: {
                resident_bytes: number | null;
                live_bytes: number | null;
                allocator_held_bytes: number | null;
                runtime_held_bytes: number | null;
                outside_bytes: number | null;
            } | null;
            workers: {
                index: number;
                pid: number;
                state: string;
                /** @description Of the worker and everything it started. */
                resident_bytes: number;
                /** @description Mapped files; the kernel can take them back. */
                file_bytes: number;
                virtual_bytes: number;
                swap_bytes: number;
                /** @description Held by the worker's program. Null without an agent in it. */
                live_bytes: number | null;
                /** @description Freed and kept by malloc; a trim may win it. */
                allocator_held_bytes: number | null;
                /** @description Kept by the language's own allocator; a recycle wins it. */
                runtime_held_bytes: number | null;
                /** @description Maps, stacks, files, and what the worker started. */
                outside_bytes: number | null;
                /** @description cpython 3.11.2, node 20.20.2, none. */
                runtime: string | null;
                /** @description glibc, jemalloc, other. */
                allocator: string | null;
                processes: number;
                threads: number;
                /** @description What it held when it was last idle. */
                floor_bytes: number | null;
                /** @description What it held before its first run. */
                fresh_floor_bytes: number | null;
                /** @description Served by this process. */
                runs: number | null;
            }[];
            admission: {
                running: number;
                /** @description What running runs were promised. */
                reserved_bytes: number;
                /** @description What they have not taken of it yet. */
                unconsumed_bytes: number;
                /** @description What the head of the queue waits for. */
                head_waits: {
                    /** @enum {unknown} */
                    reason: "memory" | "concurrency" | "unmeasured" | "level";
                    needed_bytes: number;
                    free_bytes: number;
                } | null;
            };
            /** @description What the governor has learned of each route of the worker. */
            routes: {
                route: string;
                runs: number;
                /** @description Whether the prediction rests on readings. */
                measured: boolean;
                /** @description What the next run is expected to need. */
                predicted_bytes: number;
                /** @enum {unknown} */
                verdict: "unknown" | "load" | "retention" | "leak";
                slope_bytes_per_run: number | null;
                slope_low: number | null;
                slope_high: number | null;
                last_growth_bytes: number;
                total_growth_bytes: number;
                /** @description Runs that left more than 50 MB. */
                suspicious_runs: number;
                /** @description When the leak reaches the limit; null: nothing leaks. */
                seconds_to_limit: number | null;
            }[];
            level: {
                name: components["schemas"]["MemoryLevel"];
                /** @description Null: it never changed. */
                since: string | null;
                cause: string | null;
            };
            timestamp: string;
        };
        /**
         * @description 200, 400 and 480 of 512 MB, as shares of any other limit. Each is left 5 points lower, after 5 s.
         * @enum {unknown}
         */
        MemoryLevel: "normal" | "warning" | "critical" | "emergency";
        RateLimits: {
            status: string;
            /** @description Users whose starts are remembered. */
            total_tracked_clients: number;
            /** @description Of them those that have started something within the window. */
            active_clients: number;
            /** @description Seconds. */
            rate_limit_window: number;
            /** @description 0 means without limit. */
            rate_limit_requests: number;
            /** @description 0 means without limit. */
            rate_limit_burst: number;
            /** Format: date-time */
            timestamp: string;
        };
        /** @description Stands in for an answer that could not be built. It has no `status`, so that nobody takes it for the run. */
        FallbackAnswer: {
            /** @description For people. */
            response: string;
            /** @description The same as `response`; only from `POST /analyze`. */
            result?: string;
            thread_id: string;
            run_id: components["schemas"]["RunId"];
            /** @description Why the response could not be built. */
            error: string;
            /** @description How to get the answer. */
            recovery_note: string;
            analysis_completed: boolean;
            /** @description The state of the run with `_with_response_error`. */
            server_status: string;
        };
        /** @description RFC 9457. Programs act on `type` and `code`; `title` and `detail` are for people. */
        Problem: {
            /** Format: uri-reference */
            type: string;
            title: string;
            status: number;
            detail: string;
            instance: string;
            code?: string;
            run_id?: components["schemas"]["RunId"];
            /** @description Whether the same request may succeed later. */
            retryable?: boolean;
            retry_after_ms?: number;
            errors?: {
                loc: string[];
                msg: string;
                type: string;
            }[];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
