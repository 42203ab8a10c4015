#include "app/instance_id.hpp"

#include <cerrno>
#include <fstream>

#include "base/run_id.hpp"

namespace holdfast::app {

Result<std::string> instance_id(const std::string& data_dir) {
  const auto path = data_dir + "/instance";
  std::string text;
  if (std::ifstream(path) >> text) {
    const auto id = RunId::parse(text);
    if (id) return id->text();
    return fail(ErrorCode::data_loss, path + " does not hold the name of an instance; remove it and start again");
  }
  text = RunId::make().text();
  std::ofstream file(path);
  file << text << std::endl;
  if (!file) return fail_errno(ErrorCode::unavailable, "cannot write " + path, errno);
  return text;
}

}  // namespace holdfast::app
