/// A gateway with a login by keys.
#pragma once

#include <sys/stat.h>

#include <fstream>
#include <map>

#include "tests/contract/http/gateway_fixture.hpp"

namespace holdfast::testing {

inline const std::string kId = "01890a5d-ac96-774b-bcce-b302099a8057";
inline const std::string kQuestion = R"({"prompt":"How many secrets?","run_id":")" + kId + "\"}";

inline HeaderList bearer(const std::string& token) { return {{"Authorization", "Bearer " + token}}; }

/// Users with keys: ada and bob are ordinary, root is an administrator.
class ApiKeyContract : public GatewayFixture {
 protected:
  void start_with_keys(GatewaySetup setup) {
    std::ofstream file(directory_ / "keys");
    for (const auto* subject : {"ada", "bob", "root"}) {
      auto made = gateway::make_api_key(subject).value();
      keys_[subject] = made.key;
      file << made.line;
    }
    file.close();
    ::chmod((directory_ / "keys").c_str(), 0600);
    setup.gateway.auth.mode = gateway::AuthMode::api_key;
    setup.gateway.auth.key_file = directory_ / "keys";
    setup.gateway.auth.admins = {"root"};
    start(std::move(setup));
  }

  HttpReply get_as(const std::string& user, const std::string& target, HeaderList headers = {}) const {
    headers.emplace_back("Authorization", "Bearer " + keys_.at(user));
    return get(target, headers);
  }
  HttpReply post_as(const std::string& user, const std::string& target, std::string_view body = {},
                    HeaderList headers = {}) const {
    headers.emplace_back("X-Api-Key", keys_.at(user));
    return post(target, body, headers);
  }
  void ask_as_ada() { ask_as("ada", kQuestion); }
  void ask_as(const std::string& user, const std::string& question) {
    ASSERT_EQ(post_as(user, "/v1/threads/t1/runs", question, {{"Prefer", "respond-async"}}).status, 202);
  }
  void wait_for_the_answer() {
    while (text_of(object_of(get_as("ada", "/v1/runs/" + kId, {{"Prefer", "wait=2"}})), "status") != "completed") {
    }
  }

  std::map<std::string, std::string> keys_;
};

}  // namespace holdfast::testing
