/// The keys of the identity provider: read from a file or fetched from an address, and kept fresh beside the requests.
///
/// One task of its own does all reading, so that a request never fetches; one that meets an unknown key may ask for a
/// fetch and wait for it.
/// Ownership: shared with its task, which ends after stop(). Runs on: supervisor strand.
/// Invariants: keys that were good once stay until newer ones replace them, whatever happens to the provider; however
/// many unknown keys are shown, an address is asked at most once per `least_gap`.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "base/event.hpp"
#include "gateway/identity/jose.hpp"
#include "gateway/identity/small_file.hpp"
#include "gateway/web_get.hpp"

namespace holdfast::gateway {

struct KeyRingTimes {
  /// A key that the provider has withdrawn is taken for this long at most.
  std::chrono::milliseconds refresh{300'000};
  std::chrono::milliseconds retry{15'000};  ///< After a fetch that failed.
  std::chrono::milliseconds least_gap{10'000};
  std::chrono::milliseconds file_look{2'000};
  std::chrono::milliseconds fetch_timeout{5'000};
};

class KeyRing : public std::enable_shared_from_this<KeyRing> {
 public:
  /// `location` is a path, or an address with its scheme.
  KeyRing(asio::any_io_executor executor, const Clock& clock, std::string location, KeyRingTimes times);

  /// Reads the file, or checks the address without asking it: a provider that is away must not stop the server.
  /// invalid_argument: no key set, no good address; not_found, unavailable: no readable file.
  Result<void> open();

  /// Begins to keep the keys fresh.
  void start();

  /// Ends the task: at once, or with the fetch under way.
  void stop();

  [[nodiscard]] std::span<const VerificationKey> keys() const noexcept { return keys_; }

  /// The last reading worked. While it did not, an unknown key may be a new one.
  [[nodiscard]] bool fresh() const noexcept { return fresh_; }

  /// Asks for a reading, or joins the one under way, and waits for its end. False: read only just now, so that nothing
  /// new is to be expected.
  awaitable<bool> renew();

 private:
  awaitable<void> keep_fresh();
  awaitable<void> load();
  awaitable<Result<std::string>> fetch();
  Result<std::optional<std::string>> read_changed_file();
  void take(Result<KeySet> keys);

  asio::any_io_executor executor_;
  const Clock& clock_;
  std::string location_;
  KeyRingTimes times_;
  std::optional<WebAddress> address_;  ///< Absent: a file.
  FileStamp seen_;
  KeySet keys_;
  bool fresh_ = false;
  bool loading_ = false;
  bool stopped_ = false;
  std::optional<SteadyTime> loaded_at_;
  Event wanted_;
  Event loaded_;
};

}  // namespace holdfast::gateway
