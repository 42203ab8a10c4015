#include "app/profile/heap_profile.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"

namespace holdfast::app {
namespace {

constexpr std::size_t kMostStacks = 5000;
constexpr std::size_t kMostFrames = 128;
constexpr std::size_t kLongestFrame = 300;

std::unexpected<Error> not_one(std::string_view what) {
  return fail(ErrorCode::data_loss, "not a heap profile: " + std::string(what));
}

Result<HeapStack> parse_stack(const json::value& value) {
  const auto* object = value.if_object();
  const auto* frames = object == nullptr ? nullptr : object->if_contains("frames");
  if (frames == nullptr || !frames->is_array()) return not_one("a stack has no frames");
  if (frames->get_array().size() > kMostFrames) return not_one("a stack is too deep");
  HeapStack stack;
  for (const auto& frame : frames->get_array()) {
    if (!frame.is_string()) return not_one("a frame is no text");
    const auto& name = frame.get_string();
    stack.frames.emplace_back(truncate_utf8(std::string_view(name.data(), name.size()), kLongestFrame));
  }
  stack.count = std::max<std::int64_t>(0, find_int(*object, "count").value_or(0));
  stack.bytes = find_int(*object, "bytes").value_or(-1);
  if (stack.bytes < 0) return not_one("a stack has no bytes");
  return stack;
}

}  // namespace

Result<HeapProfile> parse_heap_profile(std::string_view text) {
  if (text.size() > kLargestProfile) return not_one("it is too long");
  const auto object = parse_json_object(text);
  if (!object) return not_one(object.error().message());
  const auto* stacks = object->if_contains("stacks");
  if (stacks == nullptr || !stacks->is_array()) return not_one("it has no stacks");
  if (stacks->get_array().size() > kMostStacks) return not_one("it has too many stacks");
  HeapProfile profile;
  profile.runtime = find_string(*object, "runtime").value_or("");
  profile.kind = find_string(*object, "kind").value_or("");
  profile.truncated = find_bool(*object, "truncated").value_or(false);
  for (const auto& value : stacks->get_array()) {
    auto stack = parse_stack(value);
    if (!stack) return std::unexpected(stack.error());
    profile.total += stack->bytes;
    profile.stacks.push_back(std::move(*stack));
  }
  return profile;
}

}  // namespace holdfast::app
