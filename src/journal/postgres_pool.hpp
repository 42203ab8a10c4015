/// Connections to PostgreSQL: made, tried and replaced by a thread of the pool, lent to whoever needs one.
///
/// Nobody who asks for a connection ever makes one: when none can be used, the answer is `unavailable`, at once while
/// the database is known to be away. Only broken connections are replaced; reset() replaces all, each when its
/// successor is there and nobody uses it. Ownership: lent connections come back before the pool ends. Any thread.
#pragma once

#include <cstdint>
#include <thread>

#include "base/mutex.hpp"
#include "journal/postgres.hpp"
#include "journal/postgres_connection.hpp"

namespace holdfast::journal {

class PostgresPool {
 public:
  PostgresPool(const PostgresConfig& config, PostgresConnection first);
  ~PostgresPool();
  PostgresPool(const PostgresPool&) = delete;
  PostgresPool& operator=(const PostgresPool&) = delete;

  struct Held {
    PostgresConnection connection;
    std::uint64_t generation;
  };

  /// A connection that goes back to the pool at the end of the scope.
  class Lease {
   public:
    Lease(PostgresPool& pool, std::unique_ptr<Held> held) : pool_(&pool), held_(std::move(held)) {}
    Lease(Lease&&) noexcept = default;
    ~Lease() {
      if (held_) pool_->give_back(std::move(held_));
    }
    PostgresConnection* operator->() const noexcept { return &held_->connection; }
    PostgresConnection& operator*() const noexcept { return held_->connection; }

   private:
    PostgresPool* pool_;
    std::unique_ptr<Held> held_;
  };

  /// unavailable: there is none now. Waits a moment while one is being made and no attempt has failed yet.
  Result<Lease> acquire();

  /// Has every connection replaced by a new one. Returns at once; health() counts it when it is done.
  void reset();

  /// Since when there has been a connection without a break; absent while there is none.
  [[nodiscard]] std::optional<SteadyTime> connected_since() const;

  [[nodiscard]] StoreHealth health() const;

 private:
  void give_back(std::unique_ptr<Held> held);
  std::unique_ptr<Held> take_idle() HOLDFAST_REQUIRES(mutex_);
  void note_broken(const Held& held) HOLDFAST_REQUIRES(mutex_);

  void note_working() HOLDFAST_REQUIRES(mutex_);

  enum class Due : unsigned char { nothing, creation, check, stop };
  void maintain();
  /// Waits a while when nothing is due.
  Due next_due();
  std::vector<std::unique_ptr<Held>> take_replaced() HOLDFAST_REQUIRES(mutex_);
  void create();
  bool create_once();
  void check_idle();
  /// False: told to stop.
  bool pause(std::chrono::milliseconds limit);

  const PostgresConfig config_;
  StopSignal stop_;

  mutable Mutex mutex_;
  Condition wake_;       ///< Of the pool's thread.
  Condition available_;  ///< A connection came back, or making one failed.
  std::vector<std::unique_ptr<Held>> idle_ HOLDFAST_GUARDED_BY(mutex_);
  StoreHealth health_ HOLDFAST_GUARDED_BY(mutex_);
  std::uint64_t generation_ HOLDFAST_GUARDED_BY(mutex_) = 1;
  int current_ HOLDFAST_GUARDED_BY(mutex_) = 0;  ///< Connections of this generation, idle or lent.
  bool away_ HOLDFAST_GUARDED_BY(mutex_) = false;
  bool resetting_ HOLDFAST_GUARDED_BY(mutex_) = false;
  bool stopping_ HOLDFAST_GUARDED_BY(mutex_) = false;
  SteadyTime next_creation_ HOLDFAST_GUARDED_BY(mutex_);
  SteadyTime next_check_ HOLDFAST_GUARDED_BY(mutex_);
  std::optional<SteadyTime> connected_since_ HOLDFAST_GUARDED_BY(mutex_);

  std::thread thread_;  ///< Last: it starts when everything above is there.
};

}  // namespace holdfast::journal
