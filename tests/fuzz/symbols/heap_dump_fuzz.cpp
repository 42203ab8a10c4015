// A heap dump as a worker may leave it. Whatever is in it, nothing may crash, and what is told of it must be a profile.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/json.hpp"
#include "symbols/heap_dump.hpp"
#include "symbols/named_profile.hpp"

namespace {

using namespace holdfast;

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto dump = symbols::parse_heap_dump(std::string_view(reinterpret_cast<const char*>(bytes), size));
  if (!dump) return 0;
  require(dump->stacks.size() <= symbols::kMostStacks && dump->mappings.size() <= symbols::kMostMappings);
  symbols::AddressNames names;
  for (const auto& stack : dump->stacks) {
    require(!stack.addresses.empty() && stack.bytes >= 0 && stack.count >= 0);
    // Every other one has a name, of whatever the input has.
    if (stack.bytes % 2 == 0) {
      names.try_emplace(stack.addresses.front(), reinterpret_cast<const char*>(bytes), size);
    }
  }
  require(parse_json_object(symbols::to_profile_json(*dump, names)).has_value());
  return 0;
}
