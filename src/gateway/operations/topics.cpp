#include "gateway/operations/topics.hpp"

#include <fmt/format.h>

#include "gateway/database_json.hpp"
#include "gateway/governor_json.hpp"
#include "gateway/json_text.hpp"
#include "gateway/memory_json.hpp"
#include "gateway/operations/run_topics.hpp"
#include "gateway/proxy/proxy.hpp"

namespace holdfast::gateway {
namespace {

constexpr OwnerFilter kEverybody;

std::int64_t count_of(std::uint64_t count) { return static_cast<std::int64_t>(count); }

std::optional<std::int64_t> seconds_of(const std::optional<std::chrono::milliseconds>& age) {
  return age ? std::optional<std::int64_t>(age->count() / 1000) : std::nullopt;
}

std::string server_json(const Services& services, const BoardFacts& facts) {
  const auto runs = services.coordinator->status();
  ObjectText out;
  out.boolean("draining", services.coordinator->draining()).number("consoles", count_of(facts.consoles));
  out.number("connections", count_of(services.server->connections()));
  out.number("completed", count_of(runs.completed)).number("failed", count_of(runs.failed));
  return out.number("cancelled", count_of(runs.cancelled)).number("expired", count_of(runs.expired)).take();
}

std::string level_topic(const Services& services, const BoardFacts& facts) {
  static const memory::MemoryView kUnknown;
  const auto& view = services.config->memory != nullptr ? *services.config->memory : kUnknown;
  const auto* governor = services.config->governor;
  ObjectText out;
  out.text("name", to_string(view.level));
  out.number("since", facts.level_since > 0 ? std::optional(facts.level_since) : std::nullopt);
  out.text("cause", view.last_change ? view.last_change->cause : "");
  out.boolean("readable", view.last && view.last->usage);
  out.text("limit_source", view.usage ? to_string(view.usage->source) : "");
  out.boolean("restart_recommended", governor != nullptr && governor->restart_recommended);
  return out.raw("warnings", warnings_json(view)).take();
}

std::string answers_json(const BoardFacts& facts) {
  if (!facts.backlog) return "null";
  const auto& backlog = *facts.backlog;
  ObjectText out;
  out.number("undelivered", backlog.undelivered).boolean("more", backlog.undelivered >= journal::kMostCounted);
  out.number("oldest_undelivered_seconds", seconds_of(backlog.oldest_undelivered));
  return out.number("oldest_queued_seconds", seconds_of(backlog.oldest_queued)).take();
}

std::string places_json(const workers::PoolStatus& pool) {
  std::string list = "[";
  for (const auto& worker : pool.workers) {
    if (list.size() > 1) list += ',';
    ObjectText out;
    out.number("index", std::int64_t{worker.index}).number("pid", std::int64_t{worker.pid});
    out.text("state", worker.state).text("run_id", worker.run_id).boolean("retiring", worker.retiring);
    list += out.number("starts", count_of(worker.starts)).take();
  }
  return list + ']';
}

std::string workers_topic(const Services& services) {
  static const governor::GovernorStatus kUngoverned;
  const auto* view = services.config->memory;
  const auto* governor = services.config->governor;
  const auto pool = services.pool->status();
  const bool read = view != nullptr && view->last.has_value();
  ObjectText out;
  out.number("ready", std::int64_t{pool.ready}).boolean("crash_loop", pool.crash_loop);
  out.text("last_failure", pool.last_failure).raw("places", places_json(pool));
  out.raw("memory", read ? worker_memory_json(*view->last, pool, governor != nullptr ? *governor : kUngoverned) : "[]");
  return out.take();
}

std::string supervisor_topic(const memory::MemoryView* view) {
  return view != nullptr && view->last ? own_bands_json(*view->last) : "null";
}

std::string relief_json(const governor::ReliefStatus& relief) {
  ObjectText out;
  out.text("action", relief.action);
  for (std::size_t i = 0; i < relief.ends.size(); ++i) {
    out.number(to_string(static_cast<governor::StepEnd>(i)), count_of(relief.ends[i]));
  }
  out.number("returned_bytes", count_of(relief.returned_bytes));
  out.decimal("pause_ms", static_cast<double>(relief.pause.count()) / 1000.0);
  return out.boolean("futile", relief.futile).take();
}

std::string relief_topic(const governor::GovernorStatus* status) {
  if (status == nullptr) return "null";
  std::string actions = "[";
  for (const auto& relief : status->relief) {
    if (actions.size() > 1) actions += ',';
    actions += relief_json(relief);
  }
  ObjectText recycled;
  for (std::size_t i = 0; i < status->recycled.size(); ++i) {
    recycled.number(to_string(static_cast<governor::RecycleReason>(i)), count_of(status->recycled[i]));
  }
  ObjectText out;
  out.raw("actions", actions + ']').raw("recycled", recycled.take()).number("retired", count_of(status->retired));
  std::uint64_t preempted = 0;
  for (const auto count : status->preempted) preempted += count;
  return out.number("preempted", count_of(preempted)).number("kernel_kills", count_of(status->kernel_kills)).take();
}

std::string database_topic(const journal::JournalHealth& health) {
  const auto& error = health.writable ? health.store.error : health.error;
  ObjectText connections;
  add_connections(connections, health.store.connections);
  ObjectText out;
  out.text("type", health.store.type).text("status", state_of(health)).text("error", error);
  add_latency(out, health.store.read_latency);
  out.number("commits", count_of(health.commits)).number("writes", count_of(health.writes));
  out.number("incidents_dropped", count_of(health.incidents_dropped)).raw("spill", spill_json(health.store.spill));
  return out.raw("connections", has_pool(health.store.connections) ? connections.take() : "null").take();
}

std::string passing_topic(const ProxyStatus& passing) {
  if (!passing.on) return "null";
  std::uint64_t answered = 0;
  for (const auto count : passing.answered) answered += count;
  std::uint64_t failed = 0;
  for (const auto count : passing.failed) failed += count;
  ObjectText out;
  out.number("open", count_of(passing.open)).number("upgraded", count_of(passing.upgraded));
  return out.number("answered", count_of(answered)).number("failed", count_of(failed)).take();
}

}  // namespace

TopicTexts topic_texts(const Services& services, const BoardFacts& facts) {
  const auto* governor = services.config->governor;
  const auto& coordinator = *services.coordinator;
  return {server_json(services, facts),
          level_topic(services, facts),
          live_runs_json(coordinator, kEverybody),
          ended_runs_json(coordinator, kEverybody),
          answers_json(facts),
          governor != nullptr ? routes_json(*governor) : "[]",
          workers_topic(services),
          supervisor_topic(services.config->memory),
          governor != nullptr ? admission_json(governor->admission) : "null",
          relief_topic(governor),
          database_topic(services.journal->health()),
          cache_json(services.coordinator->answers().status()),
          passing_topic(services.proxy->status())};
}

std::string settings_json(const std::vector<ShownSetting>& settings) {
  std::string list = "[";
  for (const auto& setting : settings) {
    if (list.size() > 1) list += ',';
    ObjectText out;
    out.text("key", setting.key).text("value", setting.value).text("origin", setting.origin);
    list += out.text("environment", setting.environment).text("help", setting.help).take();
  }
  return list + ']';
}

}  // namespace holdfast::gateway
