/// A real gateway with guaranteed routes, before scripted upstreams (tests/support/scripted_upstream).
#pragma once

#include "tests/contract/proxy/proxy_fixture.hpp"

namespace holdfast::testing {

inline const std::string kFirst = "01890a5d-ac96-774b-bcce-b302099a8057";

class GuaranteedFixture : public ProxyFixture {
 protected:
  /// Every POST of the upstream is guaranteed.
  [[nodiscard]] GatewaySetup guaranteed_setup(const std::string& route = "POST /**") const {
    auto setup = passing_setup();
    setup.gateway.guaranteed = {gateway::parse_guaranteed_route(route).value()};
    return setup;
  }

  static HeaderList named(const std::string& id) { return {{"Idempotency-Key", id}}; }

  HttpReply ask(const std::string& target, const std::string& key, const std::string& body = "x") const {
    return post(target, body, named(key));
  }
};

}  // namespace holdfast::testing
