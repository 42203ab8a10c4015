#include "tests/support/scripted_worker/request.hpp"

#include <strings.h>

#include <charconv>

namespace scripted_worker {
namespace {

std::size_t end_of_string(std::string_view json, std::size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return at + 1;
}

std::size_t end_of_value(std::string_view json, std::size_t at) {
  int depth = 0;
  while (at < json.size()) {
    const char c = json[at];
    if (c == '"') {
      at = end_of_string(json, at);
      if (depth == 0) return at;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (depth == 0) return at;
      if (--depth == 0) return at + 1;
    }
    if (c == ',' && depth == 0) return at;
    ++at;
  }
  return at;
}

}  // namespace

std::string_view header(std::string_view head, std::string_view name) {
  for (auto at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at)) {
    at += 2;
    const auto line = head.substr(at, head.find("\r\n", at) - at);
    if (line.size() > name.size() && line[name.size()] == ':' &&
        ::strncasecmp(line.data(), name.data(), name.size()) == 0) {
      auto value = line.substr(name.size() + 1);
      value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
      return value;
    }
  }
  return {};
}

Request first_request(std::string_view bytes) {
  Request request;
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return request;
  request.head = bytes.substr(0, end);
  const auto length = header(request.head, "Content-Length");
  std::size_t size = 0;
  std::from_chars(length.data(), length.data() + length.size(), size);
  if (bytes.size() < end + 4 + size) return request;
  request.body = bytes.substr(end + 4, size);
  request.size = end + 4 + size;
  return request;
}

std::string_view raw_value(std::string_view json, std::string_view key) {
  const auto quoted = "\"" + std::string(key) + "\"";
  auto at = json.find(quoted);
  if (at == std::string_view::npos) return {};
  at = json.find_first_not_of(" :", at + quoted.size());
  if (at == std::string_view::npos) return {};
  return json.substr(at, end_of_value(json, at) - at);
}

}  // namespace scripted_worker
