/// Just enough HTTP and JSON to read what Holdfast sends, with no library in the way of the measurements.
#pragma once

#include <string>
#include <string_view>

namespace scripted_worker {

struct Request {
  std::string_view head;  ///< Request line and headers.
  std::string_view body;
  std::size_t size = 0;  ///< Bytes of the whole request; 0 while it has not arrived completely.
};

/// The first request in `bytes`, which must outlive it.
Request first_request(std::string_view bytes);

/// The value of a header, or empty.
std::string_view header(std::string_view head, std::string_view name);

/// The text of the value under `"key":` wherever it first stands in `json`, or empty.
std::string_view raw_value(std::string_view json, std::string_view key);

}  // namespace scripted_worker
