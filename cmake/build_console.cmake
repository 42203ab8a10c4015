# Builds the chat page into OUTPUT (embedded_assets.cpp, assets.bin) unless it is there already for these INPUTS.
# Run with cmake -P. The lock keeps build trees that build at the same moment apart.

file(MAKE_DIRECTORY "${OUTPUT}")
file(LOCK "${OUTPUT}/lock" GUARD PROCESS TIMEOUT 900)

set(state "")
foreach(input IN LISTS INPUTS)
  file(SHA256 "${input}" hash)
  string(APPEND state "${hash} ${input}\n")
endforeach()
if(EXISTS "${OUTPUT}/built_from" AND EXISTS "${OUTPUT}/embedded_assets.cpp" AND EXISTS "${OUTPUT}/assets.bin")
  file(READ "${OUTPUT}/built_from" built_from)
  if(built_from STREQUAL state)
    return()
  endif()
endif()

function(run)
  execute_process(COMMAND ${ARGV} WORKING_DIRECTORY "${SOURCE}/console"
    RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(failed)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "${command} failed in console/:\n${said}")
  endif()
endfunction()

# npm ci takes most of the time and is needed only when the lock file has changed.
file(SHA256 "${SOURCE}/console/package-lock.json" locked)
set(installed "")
if(EXISTS "${OUTPUT}/installed" AND EXISTS "${SOURCE}/console/node_modules/vite")
  file(READ "${OUTPUT}/installed" installed)
endif()
if(NOT installed STREQUAL locked)
  run("${NPM}" ci --ignore-scripts --prefer-offline --no-audit --no-fund)
  file(WRITE "${OUTPUT}/installed" "${locked}")
endif()

set(ENV{CONSOLE_OUT_DIR} "${OUTPUT}/dist")
run("${NPM}" run build)
run("${NODE}" embed.mjs "${OUTPUT}/dist" "${SOURCE}/docs/openapi.yaml" "${OUTPUT}")
file(WRITE "${OUTPUT}/built_from" "${state}")
