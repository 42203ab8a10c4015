#include "app/peak_file.hpp"

#include <sys/stat.h>

#include <boost/json/array.hpp>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <optional>

#include "base/json.hpp"

namespace holdfast::app {
namespace {

using governor::RoutePeaks;

constexpr std::int64_t kFormat = 1;
// 256 routes with 64 peaks each take a fifth of it.
constexpr std::size_t kMostBytes = std::size_t{1} << 20;

json::object to_json(const std::string& worker, const std::vector<RoutePeaks>& all) {
  json::array routes;
  for (const auto& route : all) {
    json::array peaks;
    for (const auto peak : route.peaks) peaks.emplace_back(peak.count());
    routes.push_back(json::object{{"route", route.route}, {"peak_bytes", std::move(peaks)}});
  }
  return {{"format", kFormat}, {"worker", worker}, {"routes", std::move(routes)}};
}

std::optional<RoutePeaks> route_from(const json::value& value) {
  const auto* object = value.if_object();
  if (!object) return std::nullopt;
  const auto name = find_string(*object, "route");
  const auto* peaks = object->if_contains("peak_bytes");
  if (!name || !peaks || !peaks->is_array() || peaks->get_array().empty()) return std::nullopt;
  RoutePeaks route{std::string(*name), {}};
  for (const auto& peak : peaks->get_array()) {
    if (!peak.is_int64() || peak.get_int64() < 0) return std::nullopt;
    route.peaks.emplace_back(static_cast<std::uint64_t>(peak.get_int64()));
  }
  return route;
}

}  // namespace

Result<std::vector<RoutePeaks>> PeakFile::read() {
  std::ifstream file(path_, std::ios::binary);
  if (!file) return std::vector<RoutePeaks>();
  const auto damaged = [this](std::string_view how) {
    return fail(ErrorCode::data_loss, path_ + " " + std::string(how) + "; it is written anew");
  };
  std::string text(kMostBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMostBytes) return damaged("is too long");
  const auto object = parse_json_object(text);
  if (!object) return damaged("is not a JSON object");
  // Another version of this program, or another worker: nothing to learn from, and nothing wrong.
  if (find_int(*object, "format") != kFormat || find_string(*object, "worker") != worker_) {
    return std::vector<RoutePeaks>();
  }
  const auto* routes = object->if_contains("routes");
  if (!routes || !routes->is_array()) return damaged("has no list of routes");
  std::vector<RoutePeaks> all;
  for (const auto& value : routes->get_array()) {
    auto route = route_from(value);
    if (!route) return damaged("has a route without a name or peaks");
    all.push_back(std::move(*route));
  }
  saved_ = all;
  return all;
}

Result<void> PeakFile::save(const std::vector<RoutePeaks>& peaks) {
  if (peaks == saved_) return {};
  const auto next = path_ + ".new";
  std::ofstream file(next, std::ios::binary | std::ios::trunc);
  ::chmod(next.c_str(), 0600);
  file << json_text(to_json(worker_, peaks)) << '\n';
  file.close();
  if (!file || std::rename(next.c_str(), path_.c_str()) != 0) {
    return fail_errno(ErrorCode::unavailable, "cannot write " + path_, errno);
  }
  saved_ = peaks;
  return {};
}

}  // namespace holdfast::app
