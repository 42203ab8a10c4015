#include "journal/record.hpp"

#include <array>
#include <utility>

namespace holdfast::journal {
namespace {

constexpr std::array kRunStatuses{RunStatus::queued, RunStatus::running,   RunStatus::completed,
                                  RunStatus::failed, RunStatus::cancelled, RunStatus::expired};

constexpr std::array kEntryKinds{
    EntryKind::accepted,  EntryKind::started, EntryKind::progress,     EntryKind::checkpoint, EntryKind::delta,
    EntryKind::response,  EntryKind::piece,   EntryKind::attempt_lost, EntryKind::completed,  EntryKind::failed,
    EntryKind::cancelled, EntryKind::expired, EntryKind::delivered};

}  // namespace

std::string_view to_string(RunStatus status) noexcept {
  switch (status) {
    case RunStatus::queued: return "queued";
    case RunStatus::running: return "running";
    case RunStatus::completed: return "completed";
    case RunStatus::failed: return "failed";
    case RunStatus::cancelled: return "cancelled";
    case RunStatus::expired: return "expired";
  }
  std::unreachable();
}

std::optional<RunStatus> parse_run_status(std::string_view name) noexcept {
  for (const auto status : kRunStatuses) {
    if (to_string(status) == name) return status;
  }
  return std::nullopt;
}

std::string_view to_string(EntryKind kind) noexcept {
  switch (kind) {
    case EntryKind::accepted: return "accepted";
    case EntryKind::started: return "started";
    case EntryKind::progress: return "progress";
    case EntryKind::checkpoint: return "checkpoint";
    case EntryKind::delta: return "delta";
    case EntryKind::response: return "response";
    case EntryKind::piece: return "piece";
    case EntryKind::attempt_lost: return "attempt_lost";
    case EntryKind::completed: return "completed";
    case EntryKind::failed: return "failed";
    case EntryKind::cancelled: return "cancelled";
    case EntryKind::expired: return "expired";
    case EntryKind::delivered: return "delivered";
  }
  std::unreachable();
}

std::optional<EntryKind> parse_entry_kind(std::string_view name) noexcept {
  for (const auto kind : kEntryKinds) {
    if (to_string(kind) == name) return kind;
  }
  return std::nullopt;
}

}  // namespace holdfast::journal
