#include "app/profile/pprof_text.hpp"

#include <map>
#include <ranges>
#include <string_view>
#include <vector>

namespace holdfast::app {
namespace {

/// One message of protocol buffers: fields one after the other.
class Message {
 public:
  void number(unsigned field, std::uint64_t value) {
    varint(field << 3U);
    varint(value);
  }
  void bytes(unsigned field, std::string_view value) {
    varint((field << 3U) | 2U);
    varint(value.size());
    out_ += value;
  }
  void packed(unsigned field, const std::vector<std::uint64_t>& values) {
    Message inner;
    for (const auto value : values) inner.varint(value);
    bytes(field, inner.out_);
  }
  [[nodiscard]] const std::string& text() const noexcept { return out_; }

 private:
  void varint(std::uint64_t value) {
    while (value >= 0x80U) {
      out_ += static_cast<char>((value & 0x7FU) | 0x80U);
      value >>= 7U;
    }
    out_ += static_cast<char>(value);
  }

  std::string out_;
};

/// Numbers for texts, from 1; 0 is the empty text.
class Names {
 public:
  std::uint64_t of(const std::string& text) {
    const auto [found, is_new] = numbers_.try_emplace(text, list_.size());
    if (is_new) list_.push_back(text);
    return found->second;
  }
  [[nodiscard]] const std::vector<std::string>& list() const noexcept { return list_; }

 private:
  std::map<std::string, std::uint64_t> numbers_{{"", 0}};
  std::vector<std::string> list_{""};
};

// Field numbers of profile.proto.
namespace field {
constexpr unsigned kSampleType = 1;
constexpr unsigned kSample = 2;
constexpr unsigned kLocation = 4;
constexpr unsigned kFunction = 5;
constexpr unsigned kStringTable = 6;
constexpr unsigned kComment = 13;
}  // namespace field

Message value_type(Names& names, const std::string& type, const std::string& unit) {
  Message message;
  message.number(1, names.of(type));
  message.number(2, names.of(unit));
  return message;
}

}  // namespace

std::string to_pprof(const HeapProfile& profile) {
  Names names;
  Names frames;
  Message out;
  out.bytes(field::kSampleType, value_type(names, "inuse_objects", "count").text());
  out.bytes(field::kSampleType, value_type(names, "inuse_space", "bytes").text());
  for (const auto& stack : profile.stacks) {
    std::vector<std::uint64_t> locations;
    for (const auto& frame : stack.frames | std::views::reverse) {
      if (const auto number = frames.of(frame); number != 0) locations.push_back(number);
    }
    Message sample;
    sample.packed(1, locations);
    sample.packed(2, {static_cast<std::uint64_t>(stack.count), static_cast<std::uint64_t>(stack.bytes)});
    out.bytes(field::kSample, sample.text());
  }
  // One location, and one function, for each name.
  for (std::uint64_t number = 1; number < frames.list().size(); ++number) {
    Message line;
    line.number(1, number);
    Message location;
    location.number(1, number);
    location.bytes(4, line.text());
    out.bytes(field::kLocation, location.text());
    Message function;
    function.number(1, number);
    function.number(2, names.of(frames.list()[number]));
    out.bytes(field::kFunction, function.text());
  }
  out.number(field::kComment, names.of(profile.runtime + ", " + profile.kind));
  for (const auto& text : names.list()) out.bytes(field::kStringTable, text);
  return out.text();
}

}  // namespace holdfast::app
