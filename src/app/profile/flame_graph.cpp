#include "app/profile/flame_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "base/text.hpp"

namespace holdfast::app {
namespace {

constexpr double kWidth = 1200.0;
constexpr double kMargin = 10.0;
constexpr double kRow = 20.0;
constexpr double kTop = 50.0;
constexpr double kCharacter = 6.6;  // Of the font below at 11 pixels.

struct Node {
  std::int64_t bytes = 0;
  std::map<std::string, Node> children;
};

int depth_of(const Node& node) {  // NOLINT(misc-no-recursion)
  int depth = 0;
  for (const auto& [name, child] : node.children) depth = std::max(depth, depth_of(child) + 1);
  return depth;
}

// What XML does not allow at all is left out.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20) out += c;
    }
  }
  return out;
}

std::string size_text(std::int64_t bytes) {
  const auto size = static_cast<double>(bytes);
  return bytes >= 1048576 ? fmt::format("{:.1f} MB", size / 1048576.0) : fmt::format("{:.1f} KB", size / 1024.0);
}

// The same name has the same colour everywhere.
std::string colour_of(std::string_view name) {
  unsigned hash = 2166136261U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return fmt::format("hsl({},{}%,{}%)", 15 + hash % 40, 65 + hash / 64 % 20, 62 + hash / 4096 % 12);
}

struct Place {
  double left = kMargin;
  double width = kWidth - 2 * kMargin;
  int row = 0;
};

class Drawing {
 public:
  explicit Drawing(std::int64_t total) : total_(total) {}

  void draw(const Node& node, std::string_view name, Place place) {  // NOLINT(misc-no-recursion)
    if (place.width < 1.0) return;
    const double top = kTop + place.row * kRow;
    const auto share = 100.0 * static_cast<double>(node.bytes) / static_cast<double>(total_);
    fmt::format_to(std::back_inserter(out_),
                   "<g><title>{}: {} ({:.1f} %)</title><rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
                   "height=\"{:.1f}\" fill=\"{}\" rx=\"2\"/>",
                   escaped(name), size_text(node.bytes), share, place.left, top, place.width - 0.5, kRow - 1,
                   colour_of(name));
    const auto room = static_cast<std::size_t>(std::max(0.0, (place.width - 6) / kCharacter));
    if (room >= 3) {
      fmt::format_to(std::back_inserter(out_), "<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>", place.left + 3, top + 14,
                     escaped(truncate_utf8(name, room)));
    }
    out_ += "</g>\n";
    for (const auto& [child_name, child] : node.children) {
      const double width = place.width * static_cast<double>(child.bytes) / static_cast<double>(node.bytes);
      draw(child, child_name, {place.left, width, place.row + 1});
      place.left += width;
    }
  }

  [[nodiscard]] const std::string& text() const noexcept { return out_; }

 private:
  std::int64_t total_;
  std::string out_;
};

}  // namespace

std::string to_flame_graph(const HeapProfile& profile, const std::string& title) {
  Node root;
  for (const auto& stack : profile.stacks) {
    auto* node = &root;
    node->bytes += stack.bytes;
    for (const auto& frame : stack.frames) {
      node = &node->children[frame];
      node->bytes += stack.bytes;
    }
  }
  Drawing drawing(std::max<std::int64_t>(root.bytes, 1));
  if (root.bytes > 0) drawing.draw(root, "all", {});
  const auto height = kTop + (depth_of(root) + 1) * kRow + kMargin;
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "font-family=\"DejaVu Sans Mono,monospace\" font-size=\"11\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
      "<text x=\"{2}\" y=\"20\" font-size=\"14\">{3}</text>\n<text x=\"{2}\" y=\"38\" fill=\"#555\">{4}: "
      "{5}{6}</text>\n"
      "{7}</svg>\n",
      kWidth, height, kMargin, escaped(title), escaped(profile.runtime), size_text(profile.total),
      profile.truncated ? ", not all of it" : "", drawing.text());
}

}  // namespace holdfast::app
