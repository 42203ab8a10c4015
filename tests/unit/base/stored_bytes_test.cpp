#include "base/stored_bytes.hpp"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(StoredBytes, TextStaysReadable) { EXPECT_EQ(stored_bytes("naïve\n"), R"({"text":"naïve\n"})"); }

TEST(StoredBytes, EverythingComesBack) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  for (std::size_t length = 0; length <= all.size(); ++length) {
    for (const auto& bytes : {all.substr(0, length), all.substr(all.size() - length)}) {
      EXPECT_EQ(restored_bytes(stored_bytes(bytes)), bytes) << length;
    }
  }
}

TEST(StoredBytes, WhatIsNotOursIsNothing) {
  for (const auto* text : {"", "{}", "[]", R"({"base64":"?"})", R"({"base64":"abc"})", R"({"base64":"===="})",
                           R"({"base64":"a==="})", R"({"text":1})"}) {
    EXPECT_EQ(restored_bytes(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace holdfast
