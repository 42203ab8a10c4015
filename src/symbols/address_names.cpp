#include "symbols/address_names.hpp"

#include <cxxabi.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "base/file_descriptor.hpp"

namespace holdfast::symbols {
namespace {

// The demangler is recursive; what it is given is not ours.
constexpr std::size_t kLongestSymbol = 2000;
constexpr int kSymbolsBetweenLooks = 4096;

struct Module {
  Mapping first;
  std::vector<std::uint64_t> addresses;  ///< Sorted.
};

FileDescriptor open_file(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status{};
  if (file.get() >= 0 && ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode)) return file;
  return FileDescriptor(-1);
}

FileDescriptor open_mapped(int pid, const Mapping& mapping) {
  auto file = open_file(fmt::format("/proc/{}/map_files/{:x}-{:x}", pid, mapping.start, mapping.end));
  if (file.get() >= 0) return file;
  if (!mapping.path.ends_with(" (deleted)")) return open_file(fmt::format("/proc/{}/root{}", pid, mapping.path));
  const auto program = fmt::format("/proc/{}/exe", pid);
  std::error_code ec;
  const auto link = std::filesystem::read_symlink(program, ec);
  return open_file(!ec && link.string() == mapping.path ? program : std::string());
}

std::string demangled(const char* symbol) {
  std::string name(symbol, ::strnlen(symbol, kLongestSymbol));
  name.resize(std::min(name.find('@'), name.size()));  // The version of a library's function.
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status),
                                                         &std::free);
  return status == 0 && text ? text.get() : name;
}

class Naming {
 public:
  Naming(const Clock& clock, SteadyTime deadline) : clock_(clock), deadline_(deadline), dwfl_(::dwfl_begin(&calls())) {}

  void name(int pid, const Module& module) {
    if (!dwfl_ || is_over()) return;
    auto file = open_mapped(pid, module.first);
    if (file.get() < 0) return;
    ::dwfl_report_begin_add(dwfl_.get());
    const auto& path = module.first.path;
    auto* elf = ::dwfl_report_elf(dwfl_.get(), path.c_str(), path.c_str(), file.get(), module.first.start, false);
    if (elf != nullptr) static_cast<void>(file.release());  // The library's.
    ::dwfl_report_end(dwfl_.get(), nullptr, nullptr);
    if (elf != nullptr) read_symbols(elf, module.addresses);
  }

  [[nodiscard]] AddressNames names() && { return std::move(names_); }

 private:
  struct End {
    void operator()(Dwfl* dwfl) const { ::dwfl_end(dwfl); }
  };

  static const Dwfl_Callbacks& calls() {
    static const Dwfl_Callbacks calls{.find_elf = nullptr,
                                      .find_debuginfo = &::dwfl_standard_find_debuginfo,
                                      .section_address = nullptr,
                                      .debuginfo_path = nullptr};
    return calls;
  }

  [[nodiscard]] bool is_over() const { return clock_.steady() >= deadline_; }

  // A table has a hundred thousand of them, so each is looked at once.
  void read_symbols(Dwfl_Module* elf, const std::vector<std::uint64_t>& addresses) {
    const int count = ::dwfl_module_getsymtab(elf);
    std::map<std::uint64_t, const char*> found;
    for (int i = 1; i < count; ++i) {
      if (i % kSymbolsBetweenLooks == 0 && is_over()) break;
      GElf_Sym symbol{};
      GElf_Addr start = 0;
      const char* text = ::dwfl_module_getsym_info(elf, i, &symbol, &start, nullptr, nullptr, nullptr);
      const auto type = GELF_ST_TYPE(symbol.st_info);
      if (text == nullptr || *text == '\0' || (type != STT_FUNC && type != STT_GNU_IFUNC)) continue;
      // A return address is that of the next instruction, which may be the next function's.
      for (auto at = std::ranges::upper_bound(addresses, start); at != addresses.end() && *at - start <= symbol.st_size;
           ++at) {
        // The names that others see come after those of the file's own, and are the better known ones.
        if (GELF_ST_BIND(symbol.st_info) == STB_LOCAL) {
          found.try_emplace(*at, text);
        } else {
          found.insert_or_assign(*at, text);
        }
      }
    }
    for (const auto& [address, text] : found) names_.try_emplace(address, demangled(text));
  }

  const Clock& clock_;
  SteadyTime deadline_;
  std::unique_ptr<Dwfl, End> dwfl_;
  AddressNames names_;
};

// By what is held below their addresses, most first.
std::vector<Module> modules_of(const HeapDump& dump) {
  std::map<std::string, std::pair<std::int64_t, Module>> all;
  for (const auto& stack : dump.stacks) {
    for (const auto address : stack.addresses) {
      const auto* mapping = find_mapping(dump.mappings, address - 1);
      if (mapping == nullptr) continue;
      auto& [bytes, module] = all[mapping->path];
      module.first = *first_mapping(dump.mappings, *mapping);
      module.addresses.push_back(address);
      bytes += stack.bytes;
    }
  }
  std::vector<std::pair<std::int64_t, Module>> sorted;
  for (auto& [path, module] : all) sorted.push_back(std::move(module));
  std::ranges::sort(sorted, [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<Module> modules;
  for (auto& [bytes, module] : sorted) {
    std::ranges::sort(module.addresses);
    const auto rest = std::ranges::unique(module.addresses);
    module.addresses.erase(rest.begin(), rest.end());
    modules.push_back(std::move(module));
  }
  return modules;
}

}  // namespace

AddressNames name_addresses(int pid, const HeapDump& dump, const Clock& clock, SteadyTime deadline) {
  Naming naming(clock, deadline);
  for (const auto& module : modules_of(dump)) naming.name(pid, module);
  return std::move(naming).names();
}

}  // namespace holdfast::symbols
