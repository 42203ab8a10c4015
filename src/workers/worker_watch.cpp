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
  self->died_serving_ = !self->runs_.empty();
  self->died_in_company_ = self->runs_.size() > 1;
  self->changed_.notify_all();
}

awaitable<void> WorkerLife::read_output(std::shared_ptr<WorkerLife> self, OutputStream stream) {
  const auto process = self->process_;
  while (true) {
    auto [ec] = co_await process->output(stream).async_wait(asio::posix::stream_descriptor::wait_read, kAwait);
    if (ec || !self->take_output(stream)) co_return;
  }
}

void WorkerLife::take_output() {
  for (const auto stream : kOutputStreams) take_output(stream);
}

/// Reads what is there. False at the end.
bool WorkerLife::take_output(OutputStream stream) {
  // The pipe holds 64 KB; more than that at once means that the worker prints faster than we read, and others wait.
  constexpr int kReads = 8;
  std::array<char, 8192> buffer;
  auto& output = process_->output(stream);
  for (int reads = 0; reads < kReads && output.is_open(); ++reads) {
    boost::system::error_code ec;
    const auto count = output.read_some(asio::buffer(buffer), ec);
    if (ec == asio::error::would_block || ec == asio::error::interrupted) return true;
    if (ec) return false;
    const auto complete = lines(stream).feed(std::string_view(buffer.data(), count), system_clock().steady());
    // Told when lines come through again, so that it is no flood of its own.
    if (!complete.empty()) log_dropped(stream);
    for (const auto& line : complete) log_line(stream, line);
  }
  return output.is_open();
}

// With several runs nobody knows whose it is.
void WorkerLife::log_line(OutputStream stream, const OutputLine& line) const {
  std::vector<log::Field> fields{{"worker", worker_}, {"pid", pid_}, {"stream", to_string(stream)}};
  if (runs_.size() == 1) fields.emplace_back("run_id", runs_.front());
  if (line.cut > 0) fields.emplace_back("cut_bytes", line.cut);
  fields.emplace_back("line", line.text);
  log::info("workers.output", fields);
}

void WorkerLife::log_dropped(OutputStream stream) {
  const auto dropped = lines(stream).take_dropped();
  if (dropped == 0) return;
  log::warning("workers.output_dropped",
               {{"worker", worker_}, {"pid", pid_}, {"stream", to_string(stream)}, {"lines", dropped}});
}

void WorkerLife::close_output() {
  take_output();
  for (const auto stream : kOutputStreams) {
    log_dropped(stream);
    const auto rest = lines(stream).finish();
    if (!rest.text.empty()) log_line(stream, rest);
    boost::system::error_code ignored;
    process_->output(stream).close(ignored);
  }
}

void WorkerLife::kill_now() {
  if (!process_ || exited_) return;
  exited_ = process_->kill_now();
  pool_->processes.erase(pid_);
  close_output();
  changed_.notify_all();
}

}  // namespace holdfast::workers
