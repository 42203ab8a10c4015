/// Values of metrics, as they are collected, and their text. Pure.
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "gateway/metrics_catalogue.hpp"

namespace holdfast::gateway {

struct MetricSample {
  std::size_t metric = 0;  ///< metric("holdfast_…").
  double value = 0;
  std::array<std::string, 2> labels;  ///< Values, in the order of the catalogue.
};

class MetricSamples {
 public:
  template <class Number>
    requires std::integral<Number> || std::floating_point<Number>
  void add(std::size_t metric, Number value, std::string_view first = {}, std::string_view second = {}) {
    list_.push_back({metric, static_cast<double>(value), {std::string(first), std::string(second)}});
  }

  void add(std::size_t metric, Bytes size, std::string_view first = {}, std::string_view second = {}) {
    add(metric, size.count(), first, second);
  }

  template <class Rep, class Period>
  void add(std::size_t metric, std::chrono::duration<Rep, Period> time, std::string_view first = {},
           std::string_view second = {}) {
    add(metric, std::chrono::duration<double>(time).count(), first, second);
  }

  /// Nothing when it is not known.
  template <class Value>
  void add(std::size_t metric, const std::optional<Value>& value, std::string_view first = {},
           std::string_view second = {}) {
    if (value) add(metric, *value, first, second);
  }

  [[nodiscard]] const std::vector<MetricSample>& list() const noexcept { return list_; }

 private:
  std::vector<MetricSample> list_;
};

/// In the text format of Prometheus, version 0.0.4, in the order of the catalogue. A label value may be anything: what
/// is not UTF-8, or a control character, becomes U+FFFD, and of samples that then have the same labels the first stays.
[[nodiscard]] std::string exposition_text(const MetricSamples& samples);

}  // namespace holdfast::gateway
