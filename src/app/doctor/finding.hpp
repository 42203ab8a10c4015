/// What `holdfast doctor` has found out about one thing.
#pragma once

#include <string>
#include <vector>

namespace holdfast::app {

enum class Health : unsigned char {
  good,
  note,     ///< Worth knowing; nothing to do.
  warning,  ///< Works, but will hurt.
  bad,      ///< Does not work.
};

struct Finding {
  Health health = Health::good;
  std::string subject;  ///< "data directory".
  std::string text;     ///< What is.
  std::string advice;   ///< What to change, and which setting; empty when nothing is to be done.
};

using Findings = std::vector<Finding>;

}  // namespace holdfast::app
