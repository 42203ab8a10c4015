#include "memory/process_status.hpp"

#include <array>
#include <utility>

#include "memory/kernel_text.hpp"

namespace holdfast::memory {

Result<ProcessStatus> parse_process_status(std::string_view text) {
  ProcessStatus status;
  auto parent = number_of(text, "PPid:");
  if (!parent) return fail(std::move(parent), "process status");
  status.parent = static_cast<int>(*parent);
  auto threads = number_of(text, "Threads:");
  if (!threads) return fail(std::move(threads), "process status");
  status.threads = *threads;
  if (!value_of(text, "VmSize:")) return status;

  using Field = std::pair<std::string_view, Bytes ProcessStatus::*>;
  static constexpr std::array kFields{
      Field{"VmSize:", &ProcessStatus::vm_size}, Field{"RssAnon:", &ProcessStatus::anonymous},
      Field{"RssFile:", &ProcessStatus::file},   Field{"RssShmem:", &ProcessStatus::shared},
      Field{"VmSwap:", &ProcessStatus::swap},
  };
  for (const auto& [key, member] : kFields) {
    auto size = kilobytes_of(text, key);
    if (!size) return fail(std::move(size), "process status");
    status.*member = *size;
  }
  return status;
}

}  // namespace holdfast::memory
