/// What the server and its connections share. Internal to the server.
///
/// Runs on: supervisor strand.
#pragma once

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <unordered_set>

#include "base/event.hpp"
#include "gateway/server.hpp"

namespace holdfast::gateway {

struct Server::State {
  State(asio::any_io_executor ex, const Clock& c, const ServerConfig& cfg, ServerHooks h)
      : executor(std::move(ex)), clock(&c), config(cfg), hooks(std::move(h)), acceptor(executor), changed(executor) {}

  asio::any_io_executor executor;
  const Clock* clock;
  ServerConfig config;
  ServerHooks hooks;
  asio::posix::stream_descriptor acceptor;
  Event changed;  ///< A connection has ended, or the server stops.
  std::unordered_set<std::shared_ptr<Connection>> connections;
  std::uint64_t requests = 0;
  bool stopping = false;
  /// Filled and emptied within one call, never across an await, so that all sessions can use it. 64 KB,
  /// because small reads cost five times as much on large bodies.
  std::array<char, 65536> scratch{};
};

}  // namespace holdfast::gateway
