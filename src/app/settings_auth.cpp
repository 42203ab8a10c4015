/// Who may ask.
#include "app/setting_kinds.hpp"
#include "app/settings_table.hpp"

namespace holdfast::app {

std::vector<Setting> auth_settings() {
  return {
      choice_setting("auth.mode", "HOLDFAST_AUTH", &Settings::auth_mode, {"none", "api-key", "oidc"},
                     "Who may ask: none (one local user, on a loopback address only), api-key (a file of keys) or oidc "
                     "(tokens of an "
                     "identity provider)."),
      list_setting("auth.admins", "HOLDFAST_ADMINS", &Settings::admins,
                   "Subjects that may read every run by its id, separated by commas."),
      text_setting(
          "auth.key_file", "HOLDFAST_KEY_FILE", &Settings::key_file,
          "File of hashed keys for api-key. Empty: api-keys in the data directory. Read again when it changes."),
      text_setting("auth.issuer", "HOLDFAST_ISSUER", &Settings::issuer, "Issuer of the tokens for oidc: their `iss`."),
      text_setting("auth.audience", "GOOGLE_CLIENT_ID", &Settings::audience,
                   "What the tokens must be meant for: their `aud`."),
      text_setting("auth.jwks", "HOLDFAST_JWKS", &Settings::jwks,
                   "Keys of the identity provider for oidc: a file, or an https address."),
      switch_setting("auth.test_tokens", "USE_TEST_TOKENS", &Settings::test_tokens,
                     "1 = take test tokens (HS256, issuer test_issuer) instead of what auth.mode says; on a loopback "
                     "address only."),
      shown_as(text_setting("auth.test_secret", "HOLDFAST_TEST_TOKEN_SECRET", &Settings::test_secret,
                            "Secret that signs test tokens: 32 bytes or more."),
               [](const Settings& settings) { return std::string(settings.test_secret.empty() ? "" : "(set)"); }),
  };
}

}  // namespace holdfast::app
