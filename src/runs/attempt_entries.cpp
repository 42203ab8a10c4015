#include "runs/attempt_entries.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "base/json.hpp"
#include "base/stored_bytes.hpp"

namespace holdfast::runs {
namespace {

using journal::Append;
using journal::EntryKind;

json::object receipt_json(const governor::MemoryReceipt& receipt) {
  json::object out{
      {"before_bytes", receipt.before.count()},       {"peak_bytes", receipt.peak.count()},
      {"after_bytes", receipt.after.count()},         {"retained_bytes", receipt.retained},
      {"predicted_bytes", receipt.predicted.count()}, {"level_at_start", memory::to_string(receipt.level_at_start)},
      {"relief_bytes", receipt.relief.count()}};
  if (receipt.shared) out["shared"] = true;
  return out;
}

}  // namespace

Append event_append(const RunId& id, int attempt, const workers::WorkerEvent& event) {
  Append append{.id = id, .attempt = attempt};
  if (const auto* piece = std::get_if<workers::PieceEvent>(&event)) {
    append.kind = EntryKind::piece;
    append.body = stored_bytes(piece->bytes);
    return append;
  }
  if (const auto* response = std::get_if<workers::ResponseEvent>(&event)) {
    append.kind = EntryKind::response;
    append.body = fmt::format(R"({{"status":{},"head":{}}})", response->status, stored_bytes(response->head));
    return append;
  }
  json::object body;
  if (const auto* progress = std::get_if<workers::ProgressEvent>(&event)) {
    append.kind = EntryKind::progress;
    body = {{"step", progress->step}, {"message", progress->message}};
  } else if (const auto* delta = std::get_if<workers::DeltaEvent>(&event)) {
    append.kind = EntryKind::delta;
    body = {{"text", delta->text}};
  } else {
    const auto& checkpoint = std::get<workers::CheckpointEvent>(event);
    append.kind = EntryKind::checkpoint;
    append.checkpoint = journal::Checkpoint{checkpoint.step, checkpoint.state};
    body = {{"step", checkpoint.step}};
  }
  append.body = json::serialize(body);
  return append;
}

std::string usage_json(const RunCost& cost) {
  json::object usage{
      {"timing_ms",
       json::object{{"queued", cost.queued.count()}, {"run", cost.run.count()}, {"journal", cost.journal.count()}}}};
  if (cost.memory) usage["memory"] = receipt_json(*cost.memory);
  if (!cost.answered_by.empty()) usage["cache"] = json::object{{"hit", true}, {"from", cost.answered_by}};
  return json::serialize(usage);
}

bool can_be_written_later(const Error& error) noexcept {
  return error.code() == ErrorCode::unavailable || error.code() == ErrorCode::resource_exhausted;
}

}  // namespace holdfast::runs
