/// CPython in this process, by the symbols that it exports; nothing is linked.
///
/// Everything here but find() and is_up() takes the interpreter's lock: at once where the program sleeps, after one
/// switch interval (5 ms) where it computes, at the end of the call where C code keeps the lock.
///
/// Traps that it goes around (docs/decisions/0017-agent-library.md):
///   - PyGC_Collect() does nothing after gc.disable(); gc.collect() does.
///   - A pending call is not run by 3.11 until something else makes the main thread look; so none is used.
///   - While the interpreter ends, whoever asks for its lock is ended too: asked for only while it is up.
#pragma once

#include <stdint.h>
#include <stdio.h>

namespace holdfast::agent {

struct PythonFigures {
  bool heap_known = false;  ///< PYTHONMALLOC=malloc, and builds without a lock, tell nothing.
  uint64_t arenas = 0;      ///< Bytes mapped for small objects.
  uint64_t live = 0;        ///< Of them, in blocks that are in use.
  uint32_t counts[3] = {};
  bool gc_enabled = false;
};

class HostPython {
 public:
  /// Whether there is one. is_usable(): and one that has all that is needed, 3.7 or later.
  bool find();
  [[nodiscard]] bool is_usable() const { return usable_; }

  [[nodiscard]] bool is_up() const;

  /// "3.11.2", as the interpreter says.
  void version(char* to, uint32_t size) const;

  /// False: the interpreter is on its way out.
  bool read(PythonFigures* figures) const;

  /// All generations, whether or not the program has switched its collector off. The number of objects that could not
  /// be reached; below zero: it failed.
  [[nodiscard]] int64_t collect() const;

  /// Leaves which code holds the memory in the file `path` (python_census.hpp). False: it could not.
  [[nodiscard]] bool profile(const char* path) const;

  /// Where the program keeps the interpreter's own: what it has set itself stays.
  void set_thresholds(const uint32_t (&thresholds)[3]) const;

 private:
  struct Object;  // PyObject
  class Lock;

  [[nodiscard]] bool has_lock() const;
  [[nodiscard]] Object* call_gc(const char* function) const;
  [[nodiscard]] bool read_triple(const char* function, long (&numbers)[3]) const;

  bool usable_ = false;
  int (*is_initialized_)() = nullptr;
  int (*is_finalizing_)() = nullptr;
  int (*take_lock_)() = nullptr;
  void (*give_lock_)(int) = nullptr;
  const char* (*get_version_)() = nullptr;
  Object* (*import_)(const char*) = nullptr;
  Object* (*call_method_)(Object*, const char*, const char*, ...) = nullptr;
  Object* (*tuple_item_)(Object*, ssize_t) = nullptr;
  long (*as_long_)(Object*) = nullptr;
  void (*drop_)(Object*) = nullptr;
  void (*clear_error_)() = nullptr;
  int (*heap_statistics_)(FILE*) = nullptr;
};

}  // namespace holdfast::agent
