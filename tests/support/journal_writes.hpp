/// Ordinary writes of a run's life, for tests of the journal and of what stands on it.
#pragma once

#include "journal/store.hpp"

namespace holdfast::testing {

[[nodiscard]] inline journal::Accept new_run(RunId id, std::string owner = "ann", std::string thread_id = "t1",
                                             std::string prompt = "How many?") {
  journal::Accept accept{.run = journal::Run{.id = std::move(id)}};
  accept.run.owner = std::move(owner);
  accept.run.thread_id = std::move(thread_id);
  accept.run.prompt = std::move(prompt);
  accept.run.route = "POST /analyze";
  accept.run.request = R"({"prompt":"How many?"})";
  return accept;
}

/// `attempt` is the last one before this start.
[[nodiscard]] inline journal::Append start_of(RunId id, int attempt = 0) {
  journal::Append append{.id = std::move(id), .from = journal::RunStatus::queued, .attempt = attempt};
  append.kind = journal::EntryKind::started;
  append.body = R"({"worker":1})";
  append.starts_attempt = true;
  return append;
}

[[nodiscard]] inline journal::Append progress_of(RunId id, int attempt = 1, std::string body = R"({"step":"schema"})") {
  journal::Append append{.id = std::move(id), .attempt = attempt};
  append.body = std::move(body);
  return append;
}

[[nodiscard]] inline journal::Append loss_of(RunId id, int attempt = 1) {
  journal::Append append{.id = std::move(id), .attempt = attempt, .to = journal::RunStatus::queued};
  append.kind = journal::EntryKind::attempt_lost;
  append.counts_crash = true;
  return append;
}

[[nodiscard]] inline journal::Append completion_of(RunId id, int attempt = 1,
                                                   std::string result = R"({"result":"42"})") {
  journal::Append append{.id = std::move(id), .attempt = attempt, .to = journal::RunStatus::completed};
  append.kind = journal::EntryKind::completed;
  append.result = std::move(result);
  append.usage = R"({"timing_ms":{"run":5}})";
  return append;
}

[[nodiscard]] inline journal::Append cancellation_of_queued(RunId id, int attempt = 0) {
  journal::Append append{.id = std::move(id), .from = journal::RunStatus::queued, .attempt = attempt};
  append.to = journal::RunStatus::cancelled;
  append.kind = journal::EntryKind::cancelled;
  append.error = R"({"code":"cancelled"})";
  return append;
}

}  // namespace holdfast::testing
