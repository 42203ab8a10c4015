# The chat page and docs/openapi.yaml, built by npm and embedded in the program.
#
# holdfast_embed_console(TARGET) makes a static library with gateway/assets.hpp. The npm build is shared by all
# build trees of this source tree (build/console) and done once: build_console.cmake skips it while no input has changed.
function(holdfast_embed_console target)
  find_program(NPM_COMMAND npm)
  find_program(NODE_COMMAND node)
  if(NOT NPM_COMMAND OR NOT NODE_COMMAND)
    message(FATAL_ERROR "The chat page is built with Node 20.19 or later and npm; script/server installs them.")
  endif()

  set(output "${CMAKE_SOURCE_DIR}/build/console")
  file(GLOB_RECURSE inputs CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/console/src/*" "${CMAKE_SOURCE_DIR}/clients/typescript/src/*")
  list(APPEND inputs
    "${CMAKE_SOURCE_DIR}/clients/typescript/package.json"
    "${CMAKE_SOURCE_DIR}/console/package.json"
    "${CMAKE_SOURCE_DIR}/console/package-lock.json"
    "${CMAKE_SOURCE_DIR}/console/vite.config.ts"
    "${CMAKE_SOURCE_DIR}/console/index.html"
    "${CMAKE_SOURCE_DIR}/console/console.html"
    "${CMAKE_SOURCE_DIR}/console/embed.mjs"
    "${CMAKE_SOURCE_DIR}/docs/openapi.yaml")
  add_custom_command(
    OUTPUT "${output}/embedded_assets.cpp" "${output}/assets.bin"
    COMMAND "${CMAKE_COMMAND}"
      "-DSOURCE=${CMAKE_SOURCE_DIR}" "-DOUTPUT=${output}" "-DINPUTS=${inputs}"
      "-DNPM=${NPM_COMMAND}" "-DNODE=${NODE_COMMAND}"
      -P "${CMAKE_SOURCE_DIR}/cmake/build_console.cmake"
    DEPENDS ${inputs} "${CMAKE_SOURCE_DIR}/cmake/build_console.cmake"
    COMMENT "Building the chat page"
    VERBATIM)

  add_library(${target} STATIC "${CMAKE_SOURCE_DIR}/src/gateway/assets.cpp" "${output}/embedded_assets.cpp")
  target_include_directories(${target} PUBLIC "${CMAKE_SOURCE_DIR}/src")
  set_source_files_properties("${output}/embedded_assets.cpp" PROPERTIES OBJECT_DEPENDS "${output}/assets.bin")
endfunction()
