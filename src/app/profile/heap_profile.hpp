/// Which code holds the memory of a worker: stacks of names, outermost first, with what is held under each. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace holdfast::app {

struct HeapStack {
  std::vector<std::string> frames;
  std::int64_t count = 0;  ///< Of objects; 0 where that is not known.
  std::int64_t bytes = 0;
};

struct HeapProfile {
  std::string runtime;     ///< "cpython 3.11.2".
  std::string kind;        ///< "objects": what names lead to; "sampled": where it was allocated.
  bool truncated = false;  ///< Not all was looked at, or told.
  std::int64_t total = 0;  ///< Bytes.
  std::vector<HeapStack> stacks;
};

/// Longer ones are not a worker's honest work.
inline constexpr std::size_t kLargestProfile = std::size_t{2} << 20U;

/// What the agent in a worker has written. data_loss: it is not such a profile.
[[nodiscard]] Result<HeapProfile> parse_heap_profile(std::string_view text);

}  // namespace holdfast::app
