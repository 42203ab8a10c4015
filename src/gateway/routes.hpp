/// The functions behind the routes, by subject. Each sends exactly one answer.
///
/// Runs on: supervisor strand. What each accepts and answers is in docs/openapi.yaml.
#pragma once

#include "gateway/call.hpp"

namespace holdfast::gateway {

// start_run.cpp
awaitable<void> post_analyze(Call call);
awaitable<void> post_thread_run(Call call);

// run_routes.cpp
awaitable<void> get_run(Call call);
awaitable<void> get_runs(Call call);
awaitable<void> get_timeline(Call call);
awaitable<void> post_cancel(Call call);
awaitable<void> post_ack(Call call);

// guaranteed/guaranteed_run.cpp
awaitable<void> get_response(Call call);
// operations/operations_routes.cpp
awaitable<void> get_operations_events(Call call);

// event_routes.cpp
awaitable<void> get_events(Call call);

// thread_routes.cpp
awaitable<void> get_threads(Call call);
awaitable<void> get_thread_runs(Call call);
awaitable<void> get_chat_messages(Call call);
awaitable<void> get_initial_prompts(Call call);

// health_routes.cpp
awaitable<void> get_livez(Call call);
awaitable<void> get_readyz(Call call);
awaitable<void> get_startupz(Call call);
awaitable<void> get_health(Call call);
awaitable<void> get_memory(Call call);

// metrics_routes.cpp
awaitable<void> get_metrics(Call call);

// conversation_routes.cpp
awaitable<void> get_one_conversation(Call call);
awaitable<void> get_all_conversations(Call call);
awaitable<void> get_chat_threads(Call call);
awaitable<void> get_chat_run_ids(Call call);
awaitable<void> get_chat_sentiments(Call call);
awaitable<void> delete_chat(Call call);
awaitable<void> delete_thread(Call call);

// checkpoint_routes.cpp
awaitable<void> get_checkpoints(Call call);
awaitable<void> get_checkpoint(Call call);
awaitable<void> put_checkpoint(Call call);
awaitable<void> put_checkpoint_writes(Call call);
awaitable<void> delete_checkpoints(Call call);

// rating_routes.cpp
awaitable<void> post_feedback(Call call);
awaitable<void> post_sentiment(Call call);
awaitable<void> post_stop_execution(Call call);

// database_routes.cpp
awaitable<void> get_health_database(Call call);
awaitable<void> get_prepared_statements(Call call);
awaitable<void> get_pool_status(Call call);
awaitable<void> post_reset_pool(Call call);

// incident_routes.cpp
awaitable<void> get_incidents(Call call);

// debug_routes.cpp
awaitable<void> get_debug_run(Call call);
awaitable<void> get_debug_checkpoints(Call call);

// data_routes.cpp
awaitable<void> get_catalog(Call call);
awaitable<void> get_data_tables(Call call);
awaitable<void> get_data_table(Call call);

// relief_routes.cpp
awaitable<void> post_relieve(Call call);
awaitable<void> post_clear_cache(Call call);

// probe_routes.cpp
awaitable<void> get_probe_hold(Call call);
awaitable<void> get_probe_stream(Call call);

// limit_routes.cpp
awaitable<void> get_rate_limits(Call call);

// page_routes.cpp
/// The page, its files and /openapi.json. False when no such file is built in; then nothing was sent.
awaitable<bool> get_asset(Call call);

}  // namespace holdfast::gateway
