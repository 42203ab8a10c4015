#include "journal/thread_checkpoint.hpp"

#include <algorithm>
#include <initializer_list>

#include "journal/text_rules.hpp"

namespace holdfast::journal {
namespace {

Result<void> check_all(std::initializer_list<std::string_view> texts) {
  if (std::ranges::all_of(texts, is_storable_text)) return {};
  return fail(ErrorCode::invalid_argument, kUnstorableText);
}

}  // namespace

Result<void> check_thread_checkpoint(const ThreadCheckpoint& checkpoint) {
  const auto& place = checkpoint.place;
  auto stored = check_all({place.owner, place.thread_id, place.space, place.id, checkpoint.parent_id,
                           checkpoint.metadata, checkpoint.state});
  for (const auto& part : checkpoint.parts) {
    if (stored) stored = check_all({part.name, part.version, part.value.value_or("")});
  }
  if (!stored) return stored;
  // PostgreSQL takes the escape in a text, but cannot look into that text then.
  if (checkpoint.metadata.contains("\\u0000")) {
    return fail(ErrorCode::invalid_argument, "the metadata of a checkpoint holds a NUL; keep it in the state");
  }
  return {};
}

Result<void> check_thread_writes(const CheckpointPlace& place, const std::vector<ThreadWrite>& writes) {
  auto stored = check_all({place.owner, place.thread_id, place.space, place.id});
  for (const auto& write : writes) {
    if (stored) stored = check_all({write.task, write.value});
  }
  return stored;
}

}  // namespace holdfast::journal
