#include "memory/stall.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "memory/kernel_text.hpp"

namespace holdfast::memory {
namespace {

// "some avg10=1.25 avg60=0.00 avg300=0.00 total=0", in percent.
Result<double> share_of(std::string_view text, std::string_view kind) {
  const auto line = value_of(text, kind);
  double percent = 0;
  if (line) {
    const auto [end, failure] = std::from_chars(line->data(), line->data() + line->size(), percent);
    const bool ended = end != line->data() + line->size() && *end == ' ';
    if (failure == std::errc() && ended && percent >= 0 && percent <= 100) return percent / 100;
  }
  return fail(ErrorCode::data_loss, fmt::format("no share after {:?} of the pressure file", kind));
}

}  // namespace

Result<Stall> parse_stall(std::string_view text) {
  auto some = share_of(text, "some avg10=");
  if (!some) return fail(std::move(some));
  auto full = share_of(text, "full avg10=");
  if (!full) return fail(std::move(full));
  return Stall{*some, *full};
}

}  // namespace holdfast::memory
