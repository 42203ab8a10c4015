# holdfast_module(NAME SOURCES a.cpp … USES base journal … LINKS Some::library …)
#
# One static library per module. USES names the modules it may include; script/check-modules
# holds the includes to the order in docs/architecture.md, and the linker holds them to USES.
function(holdfast_module name)
  cmake_parse_arguments(MODULE "" "" "SOURCES;USES;LINKS" ${ARGN})
  add_library(holdfast_${name} STATIC ${MODULE_SOURCES})
  target_include_directories(holdfast_${name} PUBLIC "${CMAKE_SOURCE_DIR}/src")
  list(TRANSFORM MODULE_USES PREPEND holdfast_)
  target_link_libraries(holdfast_${name} PUBLIC ${MODULE_USES} ${MODULE_LINKS})
  holdfast_precompile(holdfast_${name})
endfunction()

# holdfast_test(NAME TIER unit|contract|chaos|e2e SOURCES … USES base …)
#
# One test program that links only the modules it may use. WHOLE names tests, by a pattern of GoogleTest, that are
# run together as one test of ctest: they share a server which takes long to start.
function(holdfast_test name)
  cmake_parse_arguments(TEST "" "TIER;TIMEOUT;WHOLE" "SOURCES;USES;LINKS" ${ARGN})
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 120)
  endif()
  set(target ${name}_${TEST_TIER}_test)
  add_executable(${target} ${TEST_SOURCES})
  list(TRANSFORM TEST_USES PREPEND holdfast_)
  target_include_directories(${target} PRIVATE "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}")
  target_link_libraries(${target} PRIVATE ${TEST_USES} ${TEST_LINKS} GTest::gmock GTest::gtest_main)
  holdfast_precompile_test(${target})
  set(apart)
  if(TEST_WHOLE)
    set(apart TEST_FILTER "-${TEST_WHOLE}")
    add_test(NAME "${target} ${TEST_WHOLE}" COMMAND ${target} "--gtest_filter=${TEST_WHOLE}")
    set_tests_properties("${target} ${TEST_WHOLE}" PROPERTIES LABELS ${TEST_TIER} TIMEOUT 1500)
  endif()
  gtest_discover_tests(${target} DISCOVERY_TIMEOUT 60 ${apart}
    PROPERTIES LABELS ${TEST_TIER} TIMEOUT ${TEST_TIMEOUT})
endfunction()
