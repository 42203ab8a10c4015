#include "app/profile/kept_profiles.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "app/profile/heap_profile.hpp"
#include "base/untrusted_file.hpp"

namespace holdfast::app {
namespace {

namespace fs = std::filesystem;

// A look takes seconds of a worker that a run may wait for.
constexpr std::chrono::minutes kPause{10};
constexpr std::string_view kEnding = ".json";

}  // namespace

struct KeptProfiles::Kept {
  std::uint64_t growth = 0;
  std::string run;
  fs::path path;
};

// "0000000309000000-RUN.json": the name says how telling it is.
std::vector<KeptProfiles::Kept> KeptProfiles::list() const {
  std::vector<Kept> all;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(directory_, ec)) {
    const auto name = entry.path().filename().string();
    const auto dash = name.find('-');
    if (dash == std::string::npos || !name.ends_with(kEnding)) continue;
    Kept kept{0, name.substr(dash + 1, name.size() - dash - 1 - kEnding.size()), entry.path()};
    const auto [end, error] = std::from_chars(name.data(), name.data() + dash, kept.growth);
    if (error == std::errc() && end == name.data() + dash) all.push_back(std::move(kept));
  }
  std::ranges::sort(all, std::greater(), &Kept::growth);
  return all;
}

bool KeptProfiles::is_worth(Bytes growth, SteadyTime now) const {
  if (last_ && now - *last_ < kPause) return false;
  const auto all = list();
  return all.size() < kMostProfiles || growth.count() > all.back().growth;
}

Result<void> KeptProfiles::keep(const RunId& run, Bytes growth, const std::string& path) {
  const auto text = read_untrusted_file(path, kLargestProfile);
  ::unlink(path.c_str());
  if (!text) return std::unexpected(text.error());
  const auto parsed = parse_heap_profile(*text);
  if (!parsed) return std::unexpected(parsed.error());
  if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail_errno(ErrorCode::unavailable, "make " + directory_, errno);
  }
  const auto name = fmt::format("{}/{:016}-{}{}", directory_, growth.count(), run.text(), kEnding);
  std::ofstream file(name, std::ios::binary | std::ios::trunc);
  file << *text;
  file.close();
  if (!file) return fail(ErrorCode::unavailable, name + " cannot be written");
  const auto all = list();
  for (std::size_t i = kMostProfiles; i < all.size(); ++i) ::unlink(all[i].path.c_str());
  return {};
}

void KeptProfiles::miss(const RunId& run, std::string why) {
  missed_.emplace_front(run, std::move(why));
  if (missed_.size() > kMostProfiles) missed_.pop_back();
}

Result<std::string> KeptProfiles::find(const RunId& run) const {
  for (const auto& kept : list()) {
    if (kept.run != run.text()) continue;
    std::ifstream file(kept.path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (file.good() || file.eof()) return text;
  }
  const auto missed = std::ranges::find(missed_, run, &std::pair<RunId, std::string>::first);
  if (missed != missed_.end()) return fail(ErrorCode::not_found, "no heap profile: " + missed->second);
  return fail(ErrorCode::not_found,
              "no heap profile of this run is kept: they are taken of workers that are replaced for what they have "
              "kept, by the server that ran them, and the 20 most telling stay (docs/agent.md)");
}

}  // namespace holdfast::app
