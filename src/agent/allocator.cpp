#include "agent/allocator.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <gnu/libc-version.h>
#include <link.h>
#include <malloc.h>
#include <stdio.h>

#ifdef HOLDFAST_AGENT_JEMALLOC
// Ours, whatever other jemalloc the program may have.
extern "C" int mallctl(const char* name, void* old_value, size_t* old_size, void* new_value, size_t new_size);
#endif

namespace holdfast::agent {
namespace {

const void* object_of(const void* address) {
  Dl_info info{};
  return address != nullptr && dladdr(address, &info) != 0 ? info.dli_fbase : nullptr;
}

// A program at fixed addresses has an entry of its own for each function whose address it takes; that is what
// everybody is given then. It is no definition.
bool is_an_entry_only(const void* address) {
  Dl_info info{};
  const ElfW(Sym)* symbol = nullptr;
  return dladdr1(address, &info, reinterpret_cast<void**>(const_cast<ElfW(Sym)**>(&symbol)), RTLD_DL_SYMENT) != 0 &&
         symbol != nullptr && symbol->st_shndx == SHN_UNDEF;
}

const void* object_with_malloc() {
  const void* in_use = dlsym(RTLD_DEFAULT, "malloc");
  // Behind us in the order is everything but the program itself.
  if (in_use != nullptr && is_an_entry_only(in_use)) in_use = dlsym(RTLD_NEXT, "malloc");
  return object_of(in_use);
}

}  // namespace

void HostAllocator::find() {
#ifdef HOLDFAST_AGENT_JEMALLOC
  const void* first = dlsym(RTLD_DEFAULT, "malloc");
  if (is_an_entry_only(first) || object_of(first) == object_of(reinterpret_cast<const void*>(&mallctl))) {
    mallctl_ = &mallctl;
    kind_ = kJemalloc;
    return;
  }
#endif
  mallctl_ = reinterpret_cast<Mallctl>(dlsym(RTLD_DEFAULT, "mallctl"));
  const void* in_use = object_with_malloc();
  const void* libc = object_of(reinterpret_cast<const void*>(&gnu_get_libc_version));
  if (in_use == libc && libc != nullptr) {
    kind_ = kGlibc;
    mallinfo2_ = dlsym(RTLD_DEFAULT, "mallinfo2");
  } else if (mallctl_ != nullptr && object_of(reinterpret_cast<const void*>(mallctl_)) == in_use) {
    kind_ = kJemalloc;
  } else {
    kind_ = kOtherAllocator;
  }
}

MallocFigures HostAllocator::read() const {
  if (kind_ == kGlibc && mallinfo2_ != nullptr) {
    const auto info = reinterpret_cast<struct mallinfo2 (*)()>(mallinfo2_)();
    return {true, info.uordblks + info.hblkhd, info.fordblks};
  }
  if (kind_ != kJemalloc) return {};
  // Statistics are those of the last epoch; writing it begins a new one.
  uint64_t epoch = 1;
  size_t live = 0;
  size_t resident = 0;
  size_t size = sizeof live;
  if (mallctl_("epoch", nullptr, nullptr, &epoch, sizeof epoch) != 0) return {};
  if (mallctl_("stats.allocated", &live, &size, nullptr, 0) != 0) return {};
  if (mallctl_("stats.resident", &resident, &size, nullptr, 0) != 0) return {};
  return {true, live, resident > live ? resident - live : 0};
}

bool HostAllocator::trim() const {
  if (kind_ == kGlibc) {
    malloc_trim(0);
    return true;
  }
  // 4096 is MALLCTL_ARENAS_ALL of jemalloc 5.
  return kind_ == kJemalloc && mallctl_("arena.4096.purge", nullptr, nullptr, nullptr, 0) == 0;
}

Status HostAllocator::profile(const char* path) const {
  bool recorded = false;
  size_t size = sizeof recorded;
  if (kind_ != kJemalloc || mallctl_("opt.prof", &recorded, &size, nullptr, 0) != 0 || !recorded) return kUnsupported;
  char part[kLongestPath + 8];
  if (snprintf(part, sizeof part, "%s.part", path) >= static_cast<int>(sizeof part)) return kFailed;
  const char* file = part;
  if (mallctl_("prof.dump", nullptr, nullptr, static_cast<void*>(&file), sizeof file) != 0) return kFailed;
  return rename(part, path) == 0 ? kDone : kFailed;
}

}  // namespace holdfast::agent
