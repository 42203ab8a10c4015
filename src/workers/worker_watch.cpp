/// The tasks that watch a worker's process: its end, and what it prints.
#include <array>

#include "base/log.hpp"
#include "workers/worker_life.hpp"

namespace holdfast::workers {

awaitable<void> WorkerLife::watch_exit(std::shared_ptr<WorkerLife> self) {
  const auto process = self->process_;
  auto exited = co_await process->wait_exit();
  if (self->exited_) co_return;
  self->take_output();
  self->exited_ = exited;
  self->lost_run_ = self->serving_;
  self->changed_.notify_all();
}

awaitable<void> WorkerLife::read_output(std::shared_ptr<WorkerLife> self) {
  const auto process = self->process_;
  while (true) {
    auto [ec] = co_await process->output().async_wait(asio::posix::stream_descriptor::wait_read, kAwait);
    if (ec || !self->take_output()) co_return;
  }
}

/// Reads what is there. False at the end.
bool WorkerLife::take_output() {
  // The pipe holds 64 KB; more than that at once means that the worker prints faster than we read, and others wait.
  constexpr int kReads = 8;
  std::array<char, 8192> buffer;
  auto& output = process_->output();
  for (int reads = 0; reads < kReads && output.is_open(); ++reads) {
    boost::system::error_code ec;
    const auto count = output.read_some(asio::buffer(buffer), ec);
    if (ec == asio::error::would_block || ec == asio::error::interrupted) return true;
    if (ec) return false;
    log_lines(std::string_view(buffer.data(), count));
  }
  return output.is_open();
}

void WorkerLife::log_lines(std::string_view text) {
  const auto lines = output_.feed(text, system_clock().steady());
  // Told when lines come through again, so that it is no flood of its own.
  if (!lines.empty()) log_dropped();
  for (const auto& line : lines) {
    log::info("workers.output", {{"worker", worker_}, {"pid", pid_}, {"line", line}});
  }
}

void WorkerLife::log_dropped() {
  const auto dropped = output_.take_dropped();
  if (dropped > 0) log::warning("workers.output_dropped", {{"worker", worker_}, {"pid", pid_}, {"lines", dropped}});
}

void WorkerLife::close_output() {
  take_output();
  log_dropped();
  const auto rest = output_.finish();
  if (!rest.empty()) log::info("workers.output", {{"worker", worker_}, {"pid", pid_}, {"line", rest}});
  boost::system::error_code ignored;
  process_->output().close(ignored);
}

void WorkerLife::kill_now() {
  if (!process_ || exited_) return;
  exited_ = process_->kill_now();
  pool_->processes.erase(pid_);
  close_output();
  changed_.notify_all();
}

}  // namespace holdfast::workers
