/// A heap dump as the heap profile that `holdfast` reads (app/profile/heap_profile.hpp). Pure.
#pragma once

#include <string>

#include "symbols/address_names.hpp"
#include "symbols/heap_dump.hpp"

namespace holdfast::symbols {

/// Stacks of names, outermost first, without the allocator's own. What has no name is "file+0x1234", the place in the
/// file as its symbol tables count it; code that is in no file (a just-in-time compiler's) has one name for all of it.
/// Stacks of the same names are one.
[[nodiscard]] std::string to_profile_json(const HeapDump& dump, const AddressNames& names);

}  // namespace holdfast::symbols
