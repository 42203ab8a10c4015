// `holdfast profile`: which code held the memory of the worker of a run.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <ranges>

#include "app/api_client.hpp"
#include "app/commands.hpp"
#include "app/profile/flame_graph.hpp"
#include "app/profile/pprof_text.hpp"
#include "app/run_text.hpp"
#include "app/table_text.hpp"
#include "base/run_id.hpp"

namespace holdfast::app {
namespace {

constexpr std::size_t kShown = 12;

Result<void> write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file) return {};
  return fail(ErrorCode::unavailable, path + " cannot be written; choose another directory with --output");
}

void print_largest(HeapProfile profile) {
  std::ranges::sort(profile.stacks, std::greater(), &HeapStack::bytes);
  std::vector<TextRow> rows{{"MB", "objects", "held by"}};
  for (const auto& stack : profile.stacks | std::views::take(kShown)) {
    std::string path;
    for (const auto& frame : stack.frames) path += (path.empty() ? "" : " / ") + printable(frame);
    rows.push_back({fmt::format("{:.1f}", static_cast<double>(stack.bytes) / 1048576.0),
                    stack.count > 0 ? std::to_string(stack.count) : "", path});
  }
  fmt::print("{}", format_table(rows));
}

}  // namespace

int show_profile(const ProfileOptions& options) {
  const auto address = parse_api_url(options.server.url);
  if (!address) return report(address.error());
  const auto id = RunId::parse(options.run_id);
  if (!id) return report(id.error());
  const auto answer = ApiClient(*address, options.server.token).request("GET", "/v1/runs/" + id->text() + "/profile");
  if (!answer) return report(answer.error());
  if (answer->status != 200) return report(Error(ErrorCode::not_found, problem_text(*answer)));
  const auto profile = parse_heap_profile(answer->body);
  if (!profile) return report(profile.error());
  const auto base = options.output + "/" + id->text();
  auto written = write_file(base + ".pb", to_pprof(*profile));
  if (written) written = write_file(base + ".svg", to_flame_graph(*profile, "Held after run " + id->text()));
  if (!written) return report(written.error());
  print_largest(*profile);
  fmt::print("\n{0}.svg   the picture\n{0}.pb    for pprof\n", base);
  return 0;
}

}  // namespace holdfast::app
