// `holdfast report`: the daily look.
#include <fmt/format.h>

#include "app/report_source.hpp"
#include "app/report_text.hpp"
#include "app/run_text.hpp"
#include "base/duration.hpp"

namespace holdfast::app {
namespace {

// As monitoring programs expect it of a check.
constexpr int kHealthy = 0;
constexpr int kNeedsAttention = 1;
constexpr int kCannotBeAsked = 2;

}  // namespace

int daily_report(const ReportOptions& options) {
  const auto address = parse_api_url(options.server.url);
  if (!address) return report(address.error());
  const auto period = parse_duration(options.since);
  if (!period) return report(Error(ErrorCode::invalid_argument, "--since: " + period.error().message()));
  const auto seen = ask_for_report(ApiClient(*address, options.server.token), *period);
  if (!seen) {
    (void)report(seen.error());
    return kCannotBeAsked;
  }
  const auto look = look_at(*seen);
  if (options.output == Output::json) fmt::print("{}\n", json_text(report_json(*seen, look, options.server)));
  if (options.output == Output::people) fmt::print("{}", report_text(*seen, look, options.server));
  return look.attention.empty() ? kHealthy : kNeedsAttention;
}

}  // namespace holdfast::app
