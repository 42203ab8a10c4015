#include "agent/python.hpp"

#include <dlfcn.h>
#include <string.h>

#include "agent/heap_text.hpp"
#include "agent/python_census.hpp"

namespace holdfast::agent {
namespace {

template <class Function>
bool look_up(Function& function, const char* name) {
  function = reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
  return function != nullptr;
}

// The statistics are some 5 KB. What is beyond is not needed.
constexpr size_t kHeapText = 8192;

}  // namespace

class HostPython::Lock {
 public:
  explicit Lock(const HostPython& python) : python_(python), held_(python.is_up()) {
    if (held_) state_ = python_.take_lock_();
  }
  ~Lock() {
    if (!held_) return;
    python_.clear_error_();
    python_.give_lock_(state_);
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  explicit operator bool() const { return held_; }

 private:
  const HostPython& python_;
  bool held_;
  int state_ = 0;
};

bool HostPython::find() {
  // Public since 3.13, by another name before.
  if (!look_up(is_finalizing_, "_Py_IsFinalizing")) look_up(is_finalizing_, "Py_IsFinalizing");
  look_up(heap_statistics_, "_PyObject_DebugMallocStats");
  if (!look_up(is_initialized_, "Py_IsInitialized") || !look_up(get_version_, "Py_GetVersion")) return false;
  usable_ = look_up(take_lock_, "PyGILState_Ensure") && look_up(give_lock_, "PyGILState_Release") &&
            look_up(import_, "PyImport_ImportModule") && look_up(call_method_, "PyObject_CallMethod") &&
            look_up(tuple_item_, "PyTuple_GetItem") && look_up(as_long_, "PyLong_AsLong") &&
            look_up(drop_, "Py_DecRef") && look_up(clear_error_, "PyErr_Clear") && has_lock();
  return true;
}

// Before 3.7 the interpreter has no lock until it starts a second thread of its own.
bool HostPython::has_lock() const {
  const char* text = get_version_();
  if (text[0] != '3' || text[1] != '.') return false;
  return text[2] >= '7' || (text[3] >= '0' && text[3] <= '9');
}

bool HostPython::is_up() const {
  return is_initialized_() != 0 && (is_finalizing_ == nullptr || is_finalizing_() == 0);
}

void HostPython::version(char* to, uint32_t size) const {
  const char* text = get_version_();
  uint32_t length = 0;
  while (length + 1 < size && text[length] != '\0' && text[length] != ' ') {
    to[length] = text[length];
    ++length;
  }
  to[length] = '\0';
}

HostPython::Object* HostPython::call_gc(const char* function) const {
  Object* gc = import_("gc");
  if (gc == nullptr) return nullptr;
  Object* result = call_method_(gc, function, nullptr);
  drop_(gc);
  return result;
}

bool HostPython::read_triple(const char* function, long (&numbers)[3]) const {
  Object* tuple = call_gc(function);
  if (tuple == nullptr) return false;
  bool all = true;
  for (int i = 0; i < 3; ++i) {
    Object* item = tuple_item_(tuple, i);
    all = all && item != nullptr;
    numbers[i] = item != nullptr ? as_long_(item) : 0;
  }
  drop_(tuple);
  return all;
}

bool HostPython::read(PythonFigures* figures) const {
  char text[kHeapText];
  size_t length = 0;
  {
    const Lock lock(*this);
    if (!lock) return false;
    long counts[3] = {};
    if (read_triple("get_count", counts)) {
      for (int i = 0; i < 3; ++i) figures->counts[i] = static_cast<uint32_t>(counts[i]);
    }
    if (Object* enabled = call_gc("isenabled")) {
      figures->gc_enabled = as_long_(enabled) != 0;
      drop_(enabled);
    }
    if (heap_statistics_ != nullptr) {
      if (FILE* file = fmemopen(text, sizeof text - 1, "w")) {
        setvbuf(file, nullptr, _IOFBF, 1024);
        heap_statistics_(file);
        fflush(file);
        const long end = ftell(file);
        length = end > 0 ? static_cast<size_t>(end) : 0;
        fclose(file);
      }
    }
  }
  text[length < sizeof text ? length : sizeof text - 1] = '\0';
  const auto heap = parse_heap_text(text);
  figures->heap_known = heap.known;
  figures->arenas = heap.arenas;
  figures->live = heap.live;
  return true;
}

int64_t HostPython::collect() const {
  const Lock lock(*this);
  if (!lock) return -1;
  Object* count = call_gc("collect");
  if (count == nullptr) return -1;
  const long collected = as_long_(count);
  drop_(count);
  return collected;
}

bool HostPython::profile(const char* path) const {
  const Lock lock(*this);
  if (!lock) return false;
  char runtime[32] = "cpython ";
  version(runtime + strlen(runtime), sizeof runtime - static_cast<uint32_t>(strlen(runtime)));
  Object* builtins = import_("builtins");
  if (builtins == nullptr) return false;
  Object* done = call_method_(builtins, "exec", "s{s:s,s:s}", kCensus, "path", path, "runtime", runtime);
  drop_(builtins);
  if (done != nullptr) drop_(done);
  return done != nullptr;
}

void HostPython::set_thresholds(const uint32_t (&thresholds)[3]) const {
  const Lock lock(*this);
  if (!lock) return;
  long now[3] = {};
  if (!read_triple("get_threshold", now)) return;
  // 700 until 3.12, 2000 from 3.13.
  if ((now[0] != 700 && now[0] != 2000) || now[1] != 10 || now[2] != 10) return;
  Object* gc = import_("gc");
  if (gc == nullptr) return;
  Object* done = call_method_(gc, "set_threshold", "iii", static_cast<int>(thresholds[0]),
                              static_cast<int>(thresholds[1]), static_cast<int>(thresholds[2]));
  if (done != nullptr) drop_(done);
  drop_(gc);
}

}  // namespace holdfast::agent
