#include "memory/snapshot.hpp"

namespace holdfast::memory {

std::optional<TreeSizes> sizes_of(const Snapshot& snapshot) {
  if (!snapshot.own) return std::nullopt;
  const auto& own = *snapshot.own;
  std::uint64_t mapped = own.vm_size.count();
  std::uint64_t resident = own.anonymous.count() + own.file.count() + own.shared.count();
  for (const auto& worker : snapshot.workers) {
    if (!worker && worker.error().code() == ErrorCode::not_found) continue;
    if (!worker) return std::nullopt;
    mapped += worker->vm_size.count();
    resident += worker->resident.count() + worker->file.count();
  }
  return TreeSizes{Bytes(mapped), Bytes(resident)};
}

}  // namespace holdfast::memory
