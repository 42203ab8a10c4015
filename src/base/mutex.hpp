/// A mutex and a condition whose use the compiler checks (clang, -Wthread-safety). Any thread.
///
/// `HOLDFAST_GUARDED_BY(mutex_)` after a member: it may be touched only while a MutexLock of that mutex
/// is alive. `HOLDFAST_REQUIRES(mutex_)` after a function: the caller holds the lock.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define HOLDFAST_THREAD_ATTRIBUTE(attribute) __attribute__((attribute))
#else
#define HOLDFAST_THREAD_ATTRIBUTE(attribute)
#endif
#define HOLDFAST_GUARDED_BY(mutex) HOLDFAST_THREAD_ATTRIBUTE(guarded_by(mutex))
#define HOLDFAST_REQUIRES(mutex) HOLDFAST_THREAD_ATTRIBUTE(requires_capability(mutex))

namespace holdfast {

class HOLDFAST_THREAD_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void lock() HOLDFAST_THREAD_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void unlock() HOLDFAST_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

 private:
  friend class Condition;
  std::mutex mutex_;
};

class HOLDFAST_THREAD_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) HOLDFAST_THREAD_ATTRIBUTE(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() HOLDFAST_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// Waiting gives the mutex up meanwhile and may end for no reason: wait in a loop.
class Condition {
 public:
  void wait(Mutex& mutex) HOLDFAST_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }

  /// False when `limit` has passed.
  bool wait_for(Mutex& mutex, std::chrono::milliseconds limit) HOLDFAST_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const auto status = condition_.wait_for(lock, limit);
    lock.release();
    return status == std::cv_status::no_timeout;
  }

  void notify_one() noexcept { condition_.notify_one(); }
  void notify_all() noexcept { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace holdfast
