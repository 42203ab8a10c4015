/// What one run left behind. Pure.
///
/// A floor is what a worker holds (RssAnon + RssShmem of its tree) while idle, after a collection and a trim: what
/// comes and goes during a run is in neither floor. A worker runs one thing at a time, so the difference belongs to
/// that run alone, however many others run elsewhere.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace holdfast::memory {

/// Growth above this is named in the log. A run must not keep more (the original kept 309 MB).
inline constexpr Bytes kSuspiciousGrowth{50ULL * 1024 * 1024};

/// Floor after - floor before. Below zero when the worker held less afterwards.
[[nodiscard]] std::int64_t run_growth(Bytes floor_before, Bytes floor_after) noexcept;

[[nodiscard]] bool is_suspicious(std::int64_t growth) noexcept;

/// The log line: "SUSPICIOUS MEMORY GROWTH route=… growth_bytes=… floor_before_bytes=… floor_after_bytes=…".
[[nodiscard]] std::string suspicious_growth_line(std::string_view route, Bytes floor_before, Bytes floor_after);

}  // namespace holdfast::memory
