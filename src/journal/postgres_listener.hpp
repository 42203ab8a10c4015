/// Hears what other instances did, on a connection and a thread of its own.
///
/// Behind PgBouncer in transaction mode nothing is heard; then polling has to do. After a break it reconnects and says
/// "queued", because it may have missed something. `sink` is called on the listener's thread.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "journal/postgres.hpp"
#include "journal/postgres_connection.hpp"

namespace holdfast::journal {

/// The channel of LISTEN and NOTIFY.
inline constexpr const char* kChangeChannel = "holdfast";

class PostgresListener {
 public:
  /// `self` is the sender whose notices are passed over.
  PostgresListener(const PostgresConfig& config, std::string self, std::function<void(Change)> sink);
  ~PostgresListener();
  PostgresListener(const PostgresListener&) = delete;
  PostgresListener& operator=(const PostgresListener&) = delete;

 private:
  void loop();
  /// Returns why it ended: the connection was lost, or stopped.
  Result<void> listen();
  Result<void> hear(PostgresConnection& connection);
  void pause(std::uint32_t failures);

  const PostgresConfig config_;
  const std::string self_;
  const std::function<void(Change)> sink_;
  StopSignal stop_;
  bool heard_before_ = false;
  std::thread thread_;  ///< Last: it starts when everything above is there.
};

}  // namespace holdfast::journal
