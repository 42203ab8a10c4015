#include "gateway/identity/key_file.hpp"

#include "base/log.hpp"

namespace holdfast::gateway {
namespace {

// A key that was taken away stops working this late at most.
constexpr std::chrono::seconds kBetweenLooks{1};

}  // namespace

Result<void> KeyFile::open() {
  auto read_once = read();
  if (!read_once && read_once.error().code() == ErrorCode::not_found) {
    return fail(ErrorCode::not_found,
                "there is no file of keys at " + path_ + "; `holdfast key add SUBJECT` makes it (auth.key_file)");
  }
  return read_once;
}

Result<void> KeyFile::read() {
  auto file = read_small_file(path_, Privacy::secret);
  if (!file) return fail(std::move(file));
  seen_ = file->stamp;
  auto keys = ApiKeys::parse(file->text);
  if (!keys) return fail(std::move(keys), path_);
  keys_ = std::move(*keys);
  return {};
}

const ApiKeys& KeyFile::keys() {
  if (const auto now = clock_.steady(); now >= next_look_) {
    next_look_ = now + kBetweenLooks;
    look_again();
  }
  return keys_;
}

void KeyFile::look_again() {
  const auto stamp = file_stamp(path_).value_or(FileStamp());
  if (stamp == seen_) return;
  seen_ = stamp;
  if (const auto done = read(); !done) {
    log::warning("gateway.key_file_unreadable", {{"error", done.error().message()}, {"keys_kept", keys_.size()}});
  } else {
    log::info("gateway.key_file_read", {{"keys", keys_.size()}});
  }
}

}  // namespace holdfast::gateway
