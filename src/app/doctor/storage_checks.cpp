/// Where answers are kept.
#include <fcntl.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <linux/magic.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include "app/doctor/machine_checks.hpp"
#include "app/mask_password.hpp"
#include "base/clock.hpp"
#include "base/file_descriptor.hpp"

namespace holdfast::app {
namespace {

namespace fs = std::filesystem;
using std::chrono::microseconds;

constexpr std::uint64_t kLittleSpace = std::uint64_t{1} << 30U;
constexpr int kWrites = 20;
// Every accepted run and every answer waits for one.
constexpr microseconds kSlowWrite{20'000};

// The directory, or the nearest one above it that is there.
std::string existing(const std::string& path) {
  std::error_code ec;
  auto place = fs::absolute(path, ec);
  while (!fs::exists(place, ec) && place.has_parent_path() && place != place.parent_path()) place = place.parent_path();
  return place.string();
}

Finding kind_of_disk(const std::string& place) {
  struct statfs system{};
  Finding finding{Health::good, "disk", place + " survives a restart, as far as one can see", {}};
  if (::statfs(place.c_str(), &system) != 0) return finding;
  switch (static_cast<unsigned long>(system.f_type)) {
    case TMPFS_MAGIC:
    case RAMFS_MAGIC:
      return {Health::bad, "disk", place + " is in memory: a restart of the machine loses every answer",
              "put server.data on a disk, or use database.url"};
    case OVERLAYFS_SUPER_MAGIC:
      return {Health::warning, "disk", place + " is in the layer of a container: its removal loses every answer",
              "mount a volume and name it in server.data, or use database.url"};
    case NFS_SUPER_MAGIC:
    case SMB_SUPER_MAGIC:
      return {Health::warning, "disk", place + " is on the network: SQLite's locks are not safe on all of these",
              "use a local disk for server.data, or database.url"};
    default: return finding;
  }
}

Finding space(const std::string& place) {
  struct statvfs system{};
  if (::statvfs(place.c_str(), &system) != 0) return {Health::note, "space", "cannot be read", {}};
  const auto free = static_cast<std::uint64_t>(system.f_bavail) * system.f_frsize;
  Finding finding{Health::good, "space", fmt::format("{:.1f} GB free", static_cast<double>(free) / 1073741824.0), {}};
  if (free >= kLittleSpace) return finding;
  finding.health = Health::warning;
  finding.advice = "a full disk refuses new work; make room, or shorten runs.retention";
  return finding;
}

Finding durability(const std::string& place) {
  auto name = place + "/holdfast-doctor-XXXXXX";
  const FileDescriptor file(::mkstemp(name.data()));
  if (file.get() < 0) {
    return {Health::bad, "durability", fmt::format("{} cannot be written: {}", place, std::strerror(errno)),
            "let server.data belong to the user that runs the server"};
  }
  ::unlink(name.c_str());
  std::array<char, 4096> page{};
  std::vector<microseconds> took;
  for (int i = 0; i < kWrites; ++i) {
    const auto start = system_clock().steady();
    const auto written = ::pwrite(file.get(), page.data(), page.size(), i * static_cast<off_t>(page.size()));
    if (written != static_cast<ssize_t>(page.size()) || ::fdatasync(file.get()) != 0) {
      return {Health::bad, "durability", fmt::format("{} cannot be written: {}", place, std::strerror(errno)),
              "see whether the disk is full or read-only"};
    }
    took.push_back(std::chrono::duration_cast<microseconds>(system_clock().steady() - start));
  }
  std::ranges::sort(took);
  const auto median = took[took.size() / 2];
  Finding finding{Health::good,
                  "durability",
                  fmt::format("a write is durable after {:.1f} ms (median of {})",
                              static_cast<double>(median.count()) / 1000.0, kWrites),
                  {}};
  if (median < kSlowWrite) return finding;
  finding.health = Health::warning;
  finding.advice = "every run waits for two of these; put server.data on a faster disk";
  return finding;
}

struct CloseConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};

}  // namespace

Findings check_storage(const Settings& settings) {
  const auto place = existing(settings.data_dir);
  return {kind_of_disk(place), space(place), durability(place)};
}

Finding check_database(const Settings& settings) {
  const auto& url = settings.database;
  if (!url.starts_with("postgres")) {
    return {Health::good, "database", url.empty() ? std::string("SQLite in the data directory") : url, {}};
  }
  const auto start = system_clock().steady();
  const auto separator = url.contains('?') ? '&' : '?';
  const auto limited = url.contains("connect_timeout") ? url : url + separator + "connect_timeout=5";
  const std::unique_ptr<PGconn, CloseConnection> connection(PQconnectdb(limited.c_str()));
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    std::string why = PQerrorMessage(connection.get());
    why.erase(why.find_last_not_of(" \n") + 1);
    return {Health::bad, "database", fmt::format("{}: {}", mask_password(url), mask_password(why)),
            "a server starts all the same and keeps runs in its local journal until the database is there; see "
            "database.url"};
  }
  const auto connected = system_clock().steady();
  PQclear(PQexec(connection.get(), "SELECT 1"));
  const auto asked = system_clock().steady();
  const auto version = PQserverVersion(connection.get());
  const auto ms = [](auto time) { return std::chrono::duration<double, std::milli>(time).count(); };
  Finding finding{Health::good,
                  "database",
                  fmt::format("PostgreSQL {}.{}: connected in {:.1f} ms, answers in {:.1f} ms", version / 10000,
                              version % 10000, ms(connected - start), ms(asked - connected)),
                  {}};
  if (version < 120'000) {
    finding.health = Health::warning;
    finding.advice = "tested with PostgreSQL 15; older than 12 is not supported by anybody";
  }
  return finding;
}

}  // namespace holdfast::app
