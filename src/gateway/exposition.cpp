// The only file that sees the headers of prometheus-cpp.
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <set>
#include <sstream>
#include <utility>

#include "base/text.hpp"
#include "gateway/metric_samples.hpp"

namespace holdfast::gateway {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Prometheus refuses a whole scrape for one value that is not UTF-8. Quotes, backslashes and line ends are the
// library's.
std::string label_text(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size();) {
    const auto length = utf8_sequence_length(value, i);
    const auto byte = static_cast<unsigned char>(value[i]);
    const bool is_control = byte < 0x20 || byte == 0x7F;
    if (length == 0 || (is_control && byte != '\n')) {
      out += kReplacement;
      ++i;
      continue;
    }
    out += value.substr(i, length);
    i += length;
  }
  return out;
}

std::vector<prometheus::ClientMetric::Label> labels_of(const MetricSample& sample) {
  std::vector<prometheus::ClientMetric::Label> out;
  const auto& names = kMetrics[sample.metric].labels;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!names[i].name.empty()) out.push_back({std::string(names[i].name), label_text(sample.labels[i])});
  }
  return out;
}

prometheus::ClientMetric client_metric(const MetricSample& sample) {
  prometheus::ClientMetric out;
  out.label = labels_of(sample);
  out.counter.value = sample.value;
  out.gauge.value = sample.value;
  return out;
}

std::vector<prometheus::MetricFamily> families() {
  std::vector<prometheus::MetricFamily> out;
  for (const auto& spec : kMetrics) {
    const bool is_counter = spec.type == MetricType::counter;
    const auto type = is_counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    out.push_back({std::string(spec.name), std::string(spec.help), type, {}});
  }
  return out;
}

}  // namespace

std::string exposition_text(const MetricSamples& samples) {
  auto all = families();
  std::set<std::pair<std::size_t, std::vector<prometheus::ClientMetric::Label>>> told;
  for (const auto& sample : samples.list()) {
    auto next = client_metric(sample);
    const bool is_new = told.emplace(sample.metric, next.label).second;
    if (is_new) all[sample.metric].metric.push_back(std::move(next));
  }
  std::erase_if(all, [](const prometheus::MetricFamily& family) { return family.metric.empty(); });
  std::ostringstream out;
  // Else it would swallow a failed allocation, and the rest of the text with it.
  out.exceptions(std::ios::badbit);
  prometheus::TextSerializer().Serialize(out, all);
  return std::move(out).str();
}

}  // namespace holdfast::gateway
