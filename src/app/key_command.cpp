// `holdfast key add`: a new API key.
#include <fmt/format.h>

#include <cstdio>

#include "app/commands.hpp"
#include "app/run_text.hpp"
#include "gateway/identity/api_keys.hpp"
#include "gateway/identity/small_file.hpp"

namespace holdfast::app {

int add_key(const LoadedSettings& settings, const std::string& subject) {
  const auto made = gateway::make_api_key(subject);
  if (!made) return report(made.error());
  const auto path = key_file_path(settings.values);
  const auto kept = gateway::append_to_secret_file(path, made->line);
  if (!kept) return report(kept.error());
  fmt::print("{}\n", made->key);
  fmt::print(stderr, "This key of {} is shown once. Its hash is in {}.\n", subject, path);
  if (settings.values.auth_mode != "api-key") {
    fmt::print(stderr, "A server takes it with auth.mode = api-key (HOLDFAST_AUTH=api-key).\n");
  }
  return 0;
}

}  // namespace holdfast::app
