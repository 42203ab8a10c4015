/// A real gateway that passes requests through to scripted upstreams (tests/support/scripted_upstream).
#pragma once

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <thread>

#include "tests/contract/http/gateway_fixture.hpp"

namespace holdfast::testing {

using namespace std::chrono_literals;

class ProxyFixture : public GatewayFixture {
 protected:
  [[nodiscard]] GatewaySetup passing_setup(const std::string& flags = "") const {
    auto setup = quick_setup();
    setup.worker_command = "exec python3 " HOLDFAST_SOURCE_DIR
                           "/tests/support/scripted_upstream/scripted_upstream.py --socket {socket} "
                           "--record " +
                           directory_ / "record" + " " + flags;
    setup.workers = 1;
    setup.gateway.pass_through.on = true;
    setup.gateway.server.body_timeout = 2000ms;
    return setup;
  }

  /// Lines that upstreams have written down.
  [[nodiscard]] int recorded(const std::string& line) const {
    std::ifstream file(directory_ / "record");
    int found = 0;
    for (std::string each; std::getline(file, each);) found += each == line ? 1 : 0;
    return found;
  }

  [[nodiscard]] bool comes_to_be_recorded(const std::string& line) const {
    for (int tries = 0; tries < 500; ++tries) {
      if (recorded(line) > 0) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

  /// The value of a metric as text; empty when it is absent.
  [[nodiscard]] std::string metric_of(const std::string& name) const {
    const auto text = get("/metrics").body;
    const auto at = text.find("\n" + name + " ");
    if (at == std::string::npos) return {};
    const auto value = text.substr(at + name.size() + 2);
    return value.substr(0, value.find('\n'));
  }

  [[nodiscard]] std::string failures(const std::string& reason) const {
    return metric_of("holdfast_pass_through_failures_total{reason=\"" + reason + "\"}");
  }
};

}  // namespace holdfast::testing
