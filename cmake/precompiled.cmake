# Headers that nearly every file includes, parsed once instead of 400 times. Only for builds with sanitizers: the
# release build goes without, so that an include which is missing in src/ is found there.
#
# holdfast_precompile(TARGET)        the libraries' headers
# holdfast_precompile_test(TARGET)   those and GoogleTest, and no optimiser: it costs more than the tests' own code takes

set(holdfast_precompiled_headers
  <algorithm> <array> <atomic> <charconv> <chrono> <expected> <filesystem> <fstream> <functional> <map> <memory>
  <optional> <random> <set> <span> <string> <string_view> <thread> <unordered_map> <utility> <variant> <vector>
  <fmt/format.h>
  <boost/asio/any_io_executor.hpp> <boost/asio/as_tuple.hpp> <boost/asio/awaitable.hpp>
  <boost/asio/bind_cancellation_slot.hpp> <boost/asio/cancellation_signal.hpp> <boost/asio/co_spawn.hpp>
  <boost/asio/deferred.hpp> <boost/asio/experimental/parallel_group.hpp> <boost/asio/io_context.hpp>
  <boost/asio/ip/tcp.hpp> <boost/asio/steady_timer.hpp> <boost/asio/this_coro.hpp> <boost/asio/use_awaitable.hpp>
  <boost/json.hpp>)

# One library owns the headers, the others take them from it. Clang checks that the options agree.
function(holdfast_precompiled_library name)
  file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/${name}.cpp" CONTENT "// Owner of the precompiled headers.\n")
  add_library(${name} OBJECT "${CMAKE_BINARY_DIR}/${name}.cpp")
  target_link_libraries(${name} PRIVATE holdfast_boost fmt::fmt spdlog::spdlog)
  # Without a time stamp inside, ccache can tell that the headers are the same as before.
  target_compile_options(${name} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  target_precompile_headers(${name} PRIVATE ${holdfast_precompiled_headers} ${ARGN})
endfunction()

if(HOLDFAST_SANITIZE)
  holdfast_precompiled_library(holdfast_precompiled)
  holdfast_precompiled_library(holdfast_precompiled_tests <gmock/gmock.h> <gtest/gtest.h>)
  target_link_libraries(holdfast_precompiled_tests PRIVATE GTest::gmock)
  target_compile_options(holdfast_precompiled_tests PRIVATE -O0)
endif()

function(holdfast_precompile target)
  if(HOLDFAST_SANITIZE)
    target_precompile_headers(${target} REUSE_FROM holdfast_precompiled)
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
endfunction()

function(holdfast_precompile_test target)
  if(HOLDFAST_SANITIZE)
    target_compile_options(${target} PRIVATE -O0 "SHELL:-Xclang -fno-pch-timestamp")
    target_precompile_headers(${target} REUSE_FROM holdfast_precompiled_tests)
  endif()
endfunction()
