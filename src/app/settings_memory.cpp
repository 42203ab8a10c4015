/// What memory may be used, and what is kept in it.
#include "app/setting_kinds.hpp"
#include "app/settings_table.hpp"
#include "base/bytes.hpp"

namespace holdfast::app {
namespace {

// The original's MEMORY_LIMIT is a bare number of bytes.
Result<void> read_memory_limit(Settings& settings, std::string_view text) {
  const bool bare = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  const auto size = parse_bytes(bare ? std::string(text) + "B" : std::string(text));
  if (!size) return fail(ErrorCode::invalid_argument, size.error().message());
  if (size->count() < 16ULL << 20U) {
    return fail(ErrorCode::invalid_argument, "a memory limit is 16MB at least: the server and its workers count");
  }
  settings.memory_limit = *size;
  return {};
}

Result<void> read_cache_size(Settings& settings, std::string_view text) {
  const auto size = parse_bytes(text);
  if (!size) return fail(ErrorCode::invalid_argument, size.error().message());
  if (size->count() < std::uint64_t{64} << 10U || size->count() > std::uint64_t{4} << 30U) {
    return fail(ErrorCode::invalid_argument, "a cache is between 64KB and 4GB; cache.mode = off is without one");
  }
  settings.cache_size = *size;
  return {};
}

}  // namespace

std::vector<Setting> memory_settings() {
  return {
      {"memory.limit", "MEMORY_LIMIT",
       "What the server and its workers may use together, \"512MB\" or a number of bytes. Analyses wait rather than "
       "pass it. Limits of the container count too, whichever is nearer.",
       read_memory_limit, [](const Settings& settings) { return to_string(settings.memory_limit); }},
      choice_setting(
          "memory.mode", "HOLDFAST_MEMORY_MODE", &Settings::memory_mode, {"act", "observe"},
          "act: keep within memory.limit. observe: measure and say what would be done, but hold nothing back."),
      switch_setting("memory.vm_ratio_decides", "HOLDFAST_MEMORY_VM_RATIO_DECIDES", &Settings::memory_vm_ratio_decides,
                     "1 = let virtual/resident size (fragmentation_ratio: 2.0, 2.5, 3.0) raise the level too. It is "
                     "over 2.0 in nearly every healthy program."),
      optional_duration_setting("memory.restart_interval", "HOLDFAST_MEMORY_RESTART_INTERVAL",
                                &Settings::memory_restart_interval,
                                "When memory stays critical although every worker was replaced, the server restarts in "
                                "place, no sooner than this after its last start. 0: never by itself."),
      choice_setting(
          "cache.mode", "HOLDFAST_CACHE", &Settings::cache_mode, {"auto", "on", "off"},
          "Whether a question may be given the answer of an equal one. auto: of the built-in worker, as long as its "
          "data "
          "file stays as it is. on: of worker.command too, within one user; only for a backend whose answer depends on "
          "the request alone and that keeps no conversations. off: never."),
      {"cache.size", "HOLDFAST_CACHE_SIZE",
       "What kept answers may take of memory.limit: all of it at level normal, half at warning, nothing from critical "
       "on.",
       read_cache_size, [](const Settings& settings) { return to_string(settings.cache_size); }},
  };
}

}  // namespace holdfast::app
