#include "memory/own_bands.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

// Absent where a sanitizer brings its own allocator.
extern "C" __attribute__((weak)) int mallctl(const char* name, void* old_value, std::size_t* old_size, void* new_value,
                                             std::size_t new_size);

namespace holdfast::memory {
namespace {

Result<std::size_t> statistic(Mallctl mallctl, const char* name) {
  std::size_t value = 0;
  std::size_t size = sizeof value;
  const int failure = mallctl(name, &value, &size, nullptr, 0);
  if (failure != 0) return fail_errno(ErrorCode::unavailable, std::string("jemalloc ") + name, failure);
  return value;
}

}  // namespace

Result<BandReport> read_allocator(Mallctl mallctl) {
  if (mallctl == nullptr) return fail(ErrorCode::not_found, "no jemalloc");
  // Statistics are those of the last epoch; writing it begins a new one.
  std::uint64_t epoch = 1;
  if (const int failure = mallctl("epoch", nullptr, nullptr, &epoch, sizeof epoch); failure != 0) {
    return fail_errno(ErrorCode::unavailable, "jemalloc epoch", failure);
  }
  auto allocated = statistic(mallctl, "stats.allocated");
  if (!allocated) return fail(std::move(allocated));
  auto resident = statistic(mallctl, "stats.resident");
  if (!resident) return fail(std::move(resident));
  // Metadata, half-used pages and unused dirty pages alike. C++ has no allocator of its own above it.
  return BandReport{Bytes(*allocated), Bytes(*resident - std::min(*resident, *allocated)), Bytes()};
}

Result<Bands> read_own_bands(const ProcessStatus& own) {
  const Bytes resident(own.anonymous.count() + own.file.count() + own.shared.count());
  auto report = read_allocator(mallctl);
  if (report) return make_bands(resident, *report);
  if (report.error().code() == ErrorCode::not_found) return make_bands(resident, {});
  return fail(std::move(report), "read own allocator");
}

}  // namespace holdfast::memory
