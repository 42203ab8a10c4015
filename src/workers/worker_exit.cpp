#include "workers/worker_exit.hpp"

#include <fmt/format.h>
#include <string.h>  // NOLINT(modernize-deprecated-headers): sigabbrev_np is not in <cstring>.

namespace holdfast::workers {

std::string describe(const WorkerExit& exited) {
  if (exited.status) return fmt::format("exited with status {}", *exited.status);
  if (!exited.signal) return "ended";
  const char* name = ::sigabbrev_np(*exited.signal);
  if (name == nullptr) return fmt::format("was killed by signal {}", *exited.signal);
  return fmt::format("was killed by signal {} (SIG{})", *exited.signal, name);
}

}  // namespace holdfast::workers
