#include "app/settings.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "tests/support/temporary_directory.hpp"

namespace holdfast::app {
namespace {

class SettingsTest : public ::testing::Test {
 protected:
  void write_file(const std::string& text) {
    std::ofstream(file_) << text;
    sources_.file = file_;
  }
  Result<LoadedSettings> load() {
    sources_.environment = [this](const char* name) -> const char* {
      const auto found = environment_.find(name);
      return found == environment_.end() ? nullptr : found->second.c_str();
    };
    return load_settings(sources_);
  }

  testing::TemporaryDirectory directory_;
  std::string file_ = directory_ / "settings_test.toml";
  SettingSources sources_;
  std::map<std::string, std::string> environment_;
};

TEST_F(SettingsTest, OtherPeoplesWorkersGetWhatNoRouteAnswers) {
  EXPECT_FALSE(passes_through(load()->values));
  environment_["HOLDFAST_PASS_THROUGH"] = "on";
  EXPECT_TRUE(passes_through(load()->values));
  environment_["HOLDFAST_PASS_THROUGH"] = "auto";
  environment_["HOLDFAST_WORKER"] = "serve {socket}";
  EXPECT_TRUE(passes_through(load()->values));
  environment_["HOLDFAST_PASS_THROUGH"] = "off";
  EXPECT_FALSE(passes_through(load()->values));
  environment_["HOLDFAST_PASS_THROUGH"] = "yes";
  EXPECT_EQ(load().error().message(),
            "HOLDFAST_PASS_THROUGH: worker.pass_through: \"yes\" is not one of: auto, on, off");
}

TEST_F(SettingsTest, GuaranteedRoutesAreReadAndShownAsTheyAreWritten) {
  environment_["HOLDFAST_GUARANTEED"] = " POST /a/* , ,GET /b/** retry=requeue";
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error().message();
  ASSERT_EQ(loaded->values.guaranteed.size(), 2U);
  EXPECT_EQ(loaded->values.guaranteed.at(1).retry, runs::Retry::requeue);
  const auto row = std::ranges::find(all_settings(), "worker.guaranteed", &Setting::key);
  EXPECT_EQ(row->show(loaded->values), "POST /a/*, GET /b/** retry=requeue");
}

TEST_F(SettingsTest, APathOfHoldfastItselfCannotBeGuaranteed) {
  for (const auto* route : {"POST /analyze", "GET /v1/runs/x", "DELETE /livez"}) {
    environment_["HOLDFAST_GUARANTEED"] = route;
    const auto loaded = load();
    ASSERT_FALSE(loaded) << route;
    EXPECT_NE(loaded.error().message().find("Holdfast answers itself"), std::string::npos);
  }
  std::string many;
  for (int i = 0; i < 65; ++i) many += "POST /r" + std::to_string(i) + ",";
  environment_["HOLDFAST_GUARANTEED"] = many;
  EXPECT_FALSE(load());
}

TEST_F(SettingsTest, FlagsWinThenEnvironmentThenFileThenDefaults) {
  write_file("[runs]\nmax_concurrent = 4\ndeadline = \"10s\"\nqueue_limit = 7\n");
  environment_["MAX_CONCURRENT_ANALYSES"] = "5";
  environment_["HOLDFAST_RUN_DEADLINE"] = "20s";
  sources_.flags = {{"runs.max_concurrent", "6"}};
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded->values.max_concurrent, 6);
  EXPECT_EQ(loaded->values.run_deadline, std::chrono::seconds(20));
  EXPECT_EQ(loaded->values.queue_limit, 7);
  EXPECT_EQ(loaded->values.listen, "127.0.0.1:8000");
  EXPECT_EQ(loaded->origins.at("runs.max_concurrent"), "flag");
  EXPECT_EQ(loaded->origins.at("runs.deadline"), "HOLDFAST_RUN_DEADLINE");
  EXPECT_EQ(loaded->origins.at("runs.queue_limit"), file_);
  EXPECT_EQ(loaded->origins.at("server.listen"), "default");
}

TEST_F(SettingsTest, AnUnknownKeyNamesTheNearestKnownOne) {
  write_file("[runs]\nmax_concurent = 4\n");
  const auto loaded = load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code(), ErrorCode::invalid_argument);
  EXPECT_NE(loaded.error().message().find("runs.max_concurrent"), std::string::npos) << loaded.error().message();
}

TEST_F(SettingsTest, ABareNumberWhereAUnitBelongsIsAnError) {
  write_file("[runs]\ndeadline = 240\n");
  const auto loaded = load();
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message().find("runs.deadline"), std::string::npos);
  EXPECT_NE(loaded.error().message().find("unit"), std::string::npos);
}

TEST_F(SettingsTest, TheMemoryLimitIsANumberOfBytesOrHasAUnit) {
  environment_["MEMORY_LIMIT"] = "268435456";
  EXPECT_EQ(load()->values.memory_limit, Bytes(std::uint64_t{256} * 1024 * 1024));
  environment_["MEMORY_LIMIT"] = "1GB";
  EXPECT_EQ(load()->values.memory_limit, Bytes(std::uint64_t{1024} * 1024 * 1024));
  for (const auto* wrong : {"1MB", "much", "", "-5"}) {
    environment_["MEMORY_LIMIT"] = wrong;
    EXPECT_FALSE(load()) << wrong;
  }
}

TEST_F(SettingsTest, UserLimitsCanBeSwitchedOff) {
  environment_["RATE_LIMIT_REQUESTS"] = "0";
  environment_["RATE_LIMIT_WINDOW"] = "2m";
  const auto loaded = load();
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->values.limit_requests, 0);
  EXPECT_EQ(loaded->values.limit_window, std::chrono::minutes(2));
  EXPECT_GE(loaded->values.limit_burst, 22) << "as many as were seen at once";
}

TEST_F(SettingsTest, ABadValueIsRefusedWithItsOrigin) {
  environment_["MAX_CONCURRENT_ANALYSES"] = "many";
  const auto loaded = load();
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message().find("MAX_CONCURRENT_ANALYSES"), std::string::npos);
}

TEST_F(SettingsTest, TheCacheHasAModeAndASize) {
  EXPECT_EQ(load()->values.cache_mode, "auto");
  sources_.flags = {{"cache.mode", "on"}, {"cache.size", "8MB"}};
  EXPECT_EQ(load()->values.cache_mode, "on");
  EXPECT_EQ(load()->values.cache_size, Bytes(8 * 1024 * 1024));
  sources_.flags = {{"cache.mode", "1"}};
  EXPECT_FALSE(load());
  sources_.flags = {{"cache.size", "0MB"}};
  EXPECT_FALSE(load());
}

TEST_F(SettingsTest, ASilenceIsNeitherNothingNorForEver) {
  for (const char* key : {"server.hold", "server.heartbeat", "server.max_wait"}) {
    for (const char* text : {"0s", "9ms", "61m"}) {
      sources_.flags = {{key, text}};
      const auto loaded = load();
      ASSERT_FALSE(loaded) << key << "=" << text;
      EXPECT_NE(loaded.error().message().find(key), std::string::npos) << loaded.error().message();
    }
    sources_.flags = {{key, "10ms"}};
    EXPECT_TRUE(load()) << key;
  }
}

TEST_F(SettingsTest, BrokenTomlNamesTheLine) {
  write_file("[runs]\nmax_concurrent = = 4\n");
  const auto loaded = load();
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message().find("line 2"), std::string::npos) << loaded.error().message();
}

TEST_F(SettingsTest, ANamedFileThatIsMissingIsAnError) {
  sources_.file = file_ + ".missing";
  const auto loaded = load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code(), ErrorCode::not_found);
}

TEST_F(SettingsTest, ListsAreSeparatedByCommas) {
  environment_["HOLDFAST_ADMINS"] = " ada , ,bob@example.org";
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded->values.admins, (std::vector<std::string>{"ada", "bob@example.org"}));
}

TEST_F(SettingsTest, TheTestSecretIsNotShown) {
  environment_["HOLDFAST_TEST_TOKEN_SECRET"] = "hush";
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error().message();
  for (const auto& setting : all_settings()) EXPECT_FALSE(setting.show(loaded->values).contains("hush")) << setting.key;
}

TEST_F(SettingsTest, AnUnknownModeOfAuthenticationIsRefused) {
  environment_["HOLDFAST_AUTH"] = "oauth";
  EXPECT_FALSE(load());
}

TEST_F(SettingsTest, DeliveredRunsAreKeptForATimeOrForEver) {
  EXPECT_EQ(load()->values.retention, std::chrono::days(30));
  environment_["HOLDFAST_RUN_RETENTION"] = "7d";
  EXPECT_EQ(load()->values.retention, std::chrono::days(7));
  environment_["HOLDFAST_RUN_RETENTION"] = "0";
  EXPECT_EQ(load()->values.retention, std::chrono::days(0));
  for (const char* wrong : {"7", "", "never", "-1d"}) {
    environment_["HOLDFAST_RUN_RETENTION"] = wrong;
    EXPECT_FALSE(load()) << wrong;
  }
}

TEST_F(SettingsTest, AWorkerRouteIsPostAndAPath) {
  for (const auto* route : {"POST /analyze", "POST /a/b%20c?x=1", "POST /"}) {
    sources_.flags = {{"worker.route", route}};
    const auto loaded = load();
    ASSERT_TRUE(loaded) << loaded.error().message();
    EXPECT_EQ(loaded->values.worker_route, route);
  }
}

TEST_F(SettingsTest, AnythingElseIsNoWorkerRoute) {
  for (const auto* route :
       {"", "analyze", "/analyze", "POST", "POST ", "POST analyze", "GET /x", "post /x", "POST  /x", " POST /x",
        "POST /x ", "POST /a b", "POST /x\r\nEvil: 1", "POST /\x7f", "POST /č", "POST /x#y"}) {
    sources_.flags = {{"worker.route", route}};
    const auto loaded = load();
    ASSERT_FALSE(loaded) << route;
    EXPECT_EQ(loaded.error().code(), ErrorCode::invalid_argument);
    EXPECT_NE(loaded.error().message().find("worker.route"), std::string::npos) << loaded.error().message();
    EXPECT_NE(loaded.error().message().find("POST /analyze"), std::string::npos) << loaded.error().message();
  }
}

TEST_F(SettingsTest, ThresholdsOfACollectorAreThreeNumbersOrNone) {
  const auto settings = all_settings();
  const auto thresholds = std::ranges::find(settings, "worker.gc_thresholds", &Setting::key);
  Settings values;
  EXPECT_EQ(thresholds->show(values), "500,8,8");
  ASSERT_TRUE(thresholds->read(values, "700, 10,10"));
  EXPECT_EQ(thresholds->show(values), "700,10,10");
  ASSERT_TRUE(thresholds->read(values, "0"));
  EXPECT_EQ(thresholds->show(values), "0");
  for (const auto* bad : {"", "500", "500,8", "500,8,8,8", "0,8,8", "500,-8,8", "500,8,x", "500,,8", "500,8,"}) {
    EXPECT_FALSE(thresholds->read(values, bad)) << bad;
  }
}

TEST_F(SettingsTest, TheAgentIsOnOffOrBringsJemalloc) {
  const auto settings = all_settings();
  const auto agent = std::ranges::find(settings, "worker.agent", &Setting::key);
  Settings values;
  EXPECT_EQ(agent->show(values), "on");
  ASSERT_TRUE(agent->read(values, "off"));
  EXPECT_EQ(values.worker_agent, "off");
  EXPECT_TRUE(agent->read(values, "jemalloc"));
  EXPECT_FALSE(agent->read(values, "maybe"));
}

TEST_F(SettingsTest, APasswordIsNotShown) {
  const auto settings = all_settings();
  const auto database = std::ranges::find(settings, "database.url", &Setting::key);
  Settings values;
  values.database = "postgres://ada:s3cret@db.example/journal";
  EXPECT_EQ(database->show(values), "postgres://ada:***@db.example/journal");
}

TEST_F(SettingsTest, TheEnvironmentOfWorkersIsATableAnArrayOrLines) {
  write_file("[worker.environment]\nMODE = \"a, b=c\"\nWORKERS = 4\n");
  environment_["HOLDFAST_WORKER_ENVIRONMENT"] = "MODE=later\n\nDATABASE_URL";
  sources_.flags = {{"worker.environment.EXTRA", "x=y"}};
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded->values.worker_environment,
            (std::vector<std::string>{"WORKERS=4", "MODE=later", "DATABASE_URL", "EXTRA=x=y"}));
  EXPECT_EQ(loaded->origins.at("worker.environment"), "flag");

  environment_.clear();
  sources_.flags.clear();
  write_file("[worker]\nenvironment = [\"A=1,2\", \"DATABASE_URL\"]\n[server]\ntrusted_hosts = [\"a\", \"b\"]\n");
  const auto array = load();
  ASSERT_TRUE(array) << array.error().message();
  EXPECT_EQ(array->values.worker_environment, (std::vector<std::string>{"A=1,2", "DATABASE_URL"}));
  EXPECT_EQ(array->values.trusted_hosts, (std::vector<std::string>{"a", "b"}));
}

TEST_F(SettingsTest, BadEntriesOfTheEnvironmentAreRefused) {
  for (const auto* bad : {"=1", "1A=1", "A B=1", "A-B=1", "\xc5\xbe=1"}) {
    environment_["HOLDFAST_WORKER_ENVIRONMENT"] = bad;
    const auto loaded = load();
    ASSERT_FALSE(loaded) << bad;
    EXPECT_NE(loaded.error().message().find("write an entry as NAME=value"), std::string::npos);
  }
  environment_.clear();
  for (const auto* bad :
       {"[worker]\nenvironment = [1.5]\n", "[worker]\nenvironment = [\"A=1\\nB=2\"]\n", "[worker]\ncommand = [\"a\"]\n",
        "[server]\ntrusted_hosts = [\"a,b\"]\n", "[worker.environments]\nA = 1\n", "[worker.command]\nA = 1\n"}) {
    write_file(bad);
    EXPECT_FALSE(load()) << bad;
  }
}

TEST_F(SettingsTest, ValuesOfTheEnvironmentAreNotShown) {
  environment_["HOLDFAST_WORKER_ENVIRONMENT"] = "OPENAI_API_KEY=hush\nDATABASE_URL";
  const auto loaded = load();
  ASSERT_TRUE(loaded);
  const auto settings = all_settings();
  const auto setting = std::ranges::find(settings, "worker.environment", &Setting::key);
  EXPECT_EQ(setting->show(loaded->values), "OPENAI_API_KEY=(set) DATABASE_URL");
}

TEST_F(SettingsTest, WorkersHaveLimitsAHealthPathAndAConcurrency) {
  write_file(
      "[worker]\nhealth_path = \"/healthz\"\nliveness = \"0\"\nconcurrency = 4\nlisten = \"port\"\n"
      "[worker.limits]\nopen_files = 4096\ndata = \"400MB\"\ncore = \"1GB\"\n");
  const auto loaded = load();
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(loaded->values.worker_open_files, 4096);
  EXPECT_EQ(loaded->values.worker_data, Bytes(std::uint64_t{400} * 1024 * 1024));
  EXPECT_EQ(loaded->values.worker_liveness.count(), 0);
  for (const auto& [key, bad] :
       {std::pair("worker.health_path", "healthz"), std::pair("worker.health_path", "/a b"),
        std::pair("worker.concurrency", "0"), std::pair("worker.listen", "socket"),
        std::pair("worker.limits.data", "400"), std::pair("worker.liveness", "-1s"), std::pair("log.format", "xml")}) {
    sources_.flags = {{key, bad}};
    EXPECT_FALSE(load()) << key << "=" << bad;
  }
}

TEST_F(SettingsTest, ADirectoryIsNoConfigurationFile) {
  sources_.file = directory_.path();
  const auto loaded = load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code(), ErrorCode::invalid_argument);
  EXPECT_NE(loaded.error().message().find("directory"), std::string::npos) << loaded.error().message();
}

TEST_F(SettingsTest, WhatASettingShowsItAlsoReads) {
  std::set<std::string_view> seen;
  for (const auto& setting : all_settings()) {
    EXPECT_TRUE(seen.insert(setting.key).second) << setting.key;
    EXPECT_FALSE(setting.help.empty()) << setting.key;
    Settings copy;
    EXPECT_TRUE(setting.read(copy, setting.show(Settings{}))) << setting.key;
    EXPECT_EQ(setting.show(copy), setting.show(Settings{})) << setting.key;
  }
}

}  // namespace
}  // namespace holdfast::app
