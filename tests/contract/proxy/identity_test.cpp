// With a login, requests that are passed through need a known subject, and their credentials stay here.
#include "tests/contract/http/api_key_fixture.hpp"
#include "tests/contract/proxy/proxy_fixture.hpp"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PassedWithALogin : public ApiKeyContract {
 protected:
  void start_passing() {
    auto setup = quick_setup();
    setup.worker_command =
        "exec python3 " HOLDFAST_SOURCE_DIR "/tests/support/scripted_upstream/scripted_upstream.py --socket {socket}";
    setup.workers = 1;
    setup.gateway.pass_through.on = true;
    start_with_keys(std::move(setup));
  }
};

TEST_F(PassedWithALogin, NobodyGetsThroughUnknown) {
  start_passing();
  EXPECT_EQ(get("/echo").status, 401);
  EXPECT_EQ(get("/echo", bearer("hf_wrong")).status, 401);
  HttpClient client(port());
  client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\n\r\n" + std::string(100'000, 'x'));
  EXPECT_EQ(client.read()->status, 401) << "without reading its body";
}

TEST_F(PassedWithALogin, TheWorkerIsToldWhoAsksAndNotTheirKey) {
  start_passing();
  for (const auto& reply : {get_as("ada", "/echo", {{"Holdfast-User", "root"}}), post_as("ada", "/echo", "x")}) {
    EXPECT_EQ(reply.status, 200);
    EXPECT_THAT(reply.body, HasSubstr("Holdfast-User: ada"));
    EXPECT_THAT(reply.body, Not(HasSubstr("root")));
    EXPECT_THAT(reply.body, Not(HasSubstr("uthorization")));
    EXPECT_THAT(reply.body, Not(HasSubstr("X-Api-Key")));
    EXPECT_THAT(reply.body, Not(HasSubstr(keys_.at("ada"))));
  }
}

}  // namespace
}  // namespace holdfast::testing
