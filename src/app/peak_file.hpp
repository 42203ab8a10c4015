/// What runs have needed so far, kept in the data directory: after a restart, above all one that the kernel forced, no
/// route has to run alone first to be measured again.
///
/// Of this instance alone: what a run needs depends on the worker command and the machine.
/// A file that is missing, of another worker command, or damaged teaches nothing; it is written anew.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "governor/peak_estimate.hpp"

namespace holdfast::app {

class PeakFile {
 public:
  /// `worker`: the command whose runs are measured.
  PeakFile(std::string path, std::string worker) : path_(std::move(path)), worker_(std::move(worker)) {}

  /// Empty when the file teaches nothing. data_loss: there is one and it is damaged.
  Result<std::vector<governor::RoutePeaks>> read();

  /// Replaces the file when `peaks` are news. Blocks for less than a millisecond.
  /// unavailable: it cannot be written; the old one is still there.
  Result<void> save(const std::vector<governor::RoutePeaks>& peaks);

 private:
  std::string path_;
  std::string worker_;
  std::vector<governor::RoutePeaks> saved_;
};

}  // namespace holdfast::app
