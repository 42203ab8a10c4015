// Keys in a file, and how a request carries one.
#include "gateway/identity/api_keys.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "gateway/identity/credential.hpp"
#include "gateway/identity/key_file.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::gateway {
namespace {

using ::testing::HasSubstr;

TEST(ApiKeysTest, AKeyIsFoundByItsHashAlone) {
  const auto ada = make_api_key("ada@example.org").value();
  const auto bob = make_api_key("bob").value();
  EXPECT_FALSE(ada.line.contains(ada.key.substr(3)));
  const auto keys = ApiKeys::parse("# keys\n\n" + ada.line + "  \r\n" + bob.line);
  ASSERT_TRUE(keys) << keys.error().message();
  EXPECT_EQ(keys->size(), 2U);
  EXPECT_EQ(keys->subject_of(ada.key), "ada@example.org");
  EXPECT_EQ(keys->subject_of(bob.key), "bob");
}

TEST(ApiKeysTest, AWrongKeyIsNobodys) {
  const auto made = make_api_key("ada").value();
  const auto keys = ApiKeys::parse(made.line).value();
  auto changed = made.key;
  changed.back() = changed.back() == '0' ? '1' : '0';
  const auto stored_hash = made.line.substr(made.line.rfind(':') + 1, 64);
  for (const auto& key : {changed, made.key + "0", made.key.substr(0, made.key.size() - 1), std::string(), stored_hash,
                          "hf_" + stored_hash, std::string("hf_"), std::string(10'000, 'a')}) {
    EXPECT_FALSE(keys.subject_of(key)) << key.substr(0, 100);
  }
  EXPECT_FALSE(ApiKeys().subject_of(made.key));
}

TEST(ApiKeysTest, NoTwoKeysAreAlike) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const auto made = make_api_key("ada").value();
    EXPECT_EQ(made.key.size(), 67U);
    EXPECT_TRUE(seen.insert(made.key).second);
    EXPECT_TRUE(seen.insert(made.line).second);
  }
}

TEST(ApiKeysTest, ALineThatCannotBeReadIsNamed) {
  const auto good = make_api_key("ada").value().line;
  const auto hash = std::string(64, 'a');
  for (const auto& line : {std::string("ada"), std::string("ada sha256:"), "ada md5:00:" + hash, "ada sha256::" + hash,
                           "ada sha256:0:" + hash, "ada sha256:zz:" + hash, "ada sha256:00:" + hash.substr(2),
                           "ada sha256:00:" + hash + " more", "ada sha256:00:" + hash.substr(1) + "g"}) {
    const auto keys = ApiKeys::parse(good + line + "\n");
    ASSERT_FALSE(keys) << line;
    EXPECT_THAT(keys.error().message(), HasSubstr("line 2")) << line;
  }
}

TEST(ApiKeysTest, ASubjectThatTheFileCannotHoldIsRefused) {
  for (const auto& subject : {std::string(), std::string("a b"), std::string("#a"), std::string("a\nb"),
                              std::string("a\xff"), std::string(256, 'a')}) {
    EXPECT_FALSE(make_api_key(subject)) << subject;
  }
}

class KeyFileTest : public ::testing::Test {
 protected:
  void write(const std::string& text, mode_t mode = 0600) {
    std::ofstream(path_) << text;
    ::chmod(path_.c_str(), mode);
    // Two writes within one tick of the file system's clock would look like one.
    std::filesystem::last_write_time(path_, std::filesystem::file_time_type(std::chrono::seconds(++writes_)));
    clock_.advance(std::chrono::seconds(2));
  }

  testing::TemporaryDirectory directory_;
  std::string path_ = directory_ / "keys";
  testing::ManualClock clock_;
  KeyFile file_{path_, clock_};
  NewApiKey ada_ = make_api_key("ada").value();
  NewApiKey bob_ = make_api_key("bob").value();
  int writes_ = 0;
};

TEST_F(KeyFileTest, AChangedFileIsReadAgain) {
  write(ada_.line);
  ASSERT_TRUE(file_.open());
  EXPECT_EQ(file_.keys().subject_of(ada_.key), "ada");
  write(bob_.line);
  EXPECT_EQ(file_.keys().subject_of(bob_.key), "bob");
  EXPECT_FALSE(file_.keys().subject_of(ada_.key));
}

TEST_F(KeyFileTest, AFileThatBreaksKeepsTheKeysItHad) {
  write(ada_.line);
  ASSERT_TRUE(file_.open());
  write("rubbish\n");
  EXPECT_EQ(file_.keys().subject_of(ada_.key), "ada");
  write(ada_.line + bob_.line, 0644);
  EXPECT_FALSE(file_.keys().subject_of(bob_.key)) << "others can read it";
  std::filesystem::remove(path_);
  clock_.advance(std::chrono::seconds(2));
  EXPECT_EQ(file_.keys().subject_of(ada_.key), "ada");
  write(bob_.line);
  EXPECT_EQ(file_.keys().subject_of(bob_.key), "bob");
}

TEST_F(KeyFileTest, AFileThatOthersCanReadIsRefused) {
  for (const mode_t mode : {0604U, 0602U, 0620U, 0644U, 0666U}) {
    write(ada_.line, mode);
    const auto opened = file_.open();
    ASSERT_FALSE(opened) << mode;
    EXPECT_THAT(opened.error().message(), HasSubstr("chmod 600"));
  }
  for (const mode_t mode : {0600U, 0400U, 0640U}) {
    write(ada_.line, mode);
    EXPECT_TRUE(file_.open()) << mode;
  }
}

TEST_F(KeyFileTest, AMissingFileSaysHowToMakeOne) {
  const auto opened = file_.open();
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message(), HasSubstr("holdfast key add"));
  std::filesystem::create_directory(path_);
  EXPECT_FALSE(file_.open()) << "a directory is no file";
}

TEST_F(KeyFileTest, AnAppendedKeyCountsAndTheFileStaysPrivate) {
  const auto path = directory_ / "new/keys";
  ASSERT_TRUE(append_to_secret_file(path, ada_.line));
  ASSERT_TRUE(append_to_secret_file(path, bob_.line));
  KeyFile file(path, clock_);
  const auto opened = file.open();
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(file.keys().subject_of(bob_.key), "bob");
}

TEST(CredentialTest, IsReadAsListed) {
  struct Case {
    std::vector<Header> headers;
    const char* secret;  ///< Null: refused.
    ErrorCode code = ErrorCode::invalid_argument;
  };
  const Case cases[] = {
      {{{"Authorization", "Bearer abc"}}, "abc"},
      {{{"authorization", "bearer  abc "}}, "abc"},
      {{{"X-Api-Key", "abc"}}, "abc"},
      {{{"X-Api-Key", "abc"}, {"Authorization", "Basic eDp5"}}, "abc"},
      {{}, nullptr, ErrorCode::not_found},
      {{{"Cookie", "token=abc"}}, nullptr, ErrorCode::not_found},
      {{{"Authorization", ""}}, nullptr},
      {{{"Authorization", "Bearer"}}, nullptr},
      {{{"Authorization", "Bearer "}}, nullptr},
      {{{"Authorization", "abc"}}, nullptr},
      {{{"Authorization", "Basic eDp5"}}, nullptr},
      {{{"Authorization", "Bearer a b"}}, nullptr},
      {{{"Authorization", "Bearer a,b"}}, nullptr},
      {{{"Authorization", "Bearer a\"b"}}, nullptr},
      {{{"Authorization", "Bearer abc"}, {"Authorization", "Bearer abc"}}, nullptr},
      {{{"X-Api-Key", "abc"}, {"X-Api-Key", "def"}}, nullptr},
      {{{"X-Api-Key", ""}}, nullptr},
  };
  for (const auto& c : cases) {
    Headers headers;
    for (const auto& [name, value] : c.headers) headers.add(name, value);
    const auto secret = credential_of(headers, KeyHeader::read);
    const auto what = c.headers.empty() ? std::string("none") : c.headers[0].name + ": " + c.headers[0].value;
    ASSERT_EQ(secret.has_value(), c.secret != nullptr) << what;
    if (secret) {
      EXPECT_EQ(*secret, c.secret) << what;
    } else {
      EXPECT_EQ(secret.error().code(), c.code) << what;
    }
  }
  Headers headers;
  headers.add("X-Api-Key", "abc");
  EXPECT_FALSE(credential_of(headers, KeyHeader::ignored));
}

}  // namespace
}  // namespace holdfast::gateway
