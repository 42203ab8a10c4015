/// Server-sent events, from pieces of any size: only their data. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::text2sql {

class SseReader {
 public:
  /// The data of every event that `bytes` complete. Events without data are left out.
  std::vector<std::string> feed(std::string_view bytes);

 private:
  void take_line(std::string_view line, std::vector<std::string>& out);

  std::string pending_;  // The start of a line whose end has not come yet.
  std::string data_;
  bool has_data_ = false;
};

}  // namespace holdfast::text2sql
