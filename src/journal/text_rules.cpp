#include "journal/text_rules.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace holdfast::journal {
namespace {

template <std::size_t Size>
bool all_storable(const std::array<std::string_view, Size>& texts) {
  return std::ranges::all_of(texts, is_storable_text);
}

bool holds_storable_texts(const Accept& accept) {
  const auto& run = accept.run;
  return all_storable(std::to_array<std::string_view>(
      {run.owner, run.thread_id, run.prompt, run.route, run.request, run.traceparent, accept.body}));
}

bool holds_storable_texts(const Append& append) {
  const bool plain = all_storable(
      std::to_array<std::string_view>({append.body, append.result, append.error, append.usage, append.lease_owner}));
  if (!plain || !append.checkpoint) return plain;
  return is_storable_text(append.checkpoint->step) && is_storable_text(append.checkpoint->state);
}

bool holds_storable_texts(const Deliver&) { return true; }

}  // namespace

bool is_storable_text(std::string_view text) noexcept {
  return text.find('\0') == std::string_view::npos && is_utf8(text);
}

Result<void> check_texts(const Write& write) {
  const bool storable = std::visit([](const auto& one) { return holds_storable_texts(one); }, write);
  if (!storable) return fail(ErrorCode::invalid_argument, kUnstorableText);
  return {};
}

}  // namespace holdfast::journal
