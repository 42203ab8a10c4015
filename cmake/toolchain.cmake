# Compiler and linker settings for every target of the project.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

# -g1 keeps function names and lines for stack traces; full -g doubles the time spent on Asio.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -fno-omit-frame-pointer
  # Fields left out of a designated initializer keep their defaults: that is what they are for.
  -Wno-missing-designated-field-initializers)
add_link_options(-fuse-ld=lld-19)

if(HOLDFAST_SANITIZE)
  add_compile_options(-fsanitize=${HOLDFAST_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${HOLDFAST_SANITIZE})
endif()

if(HOLDFAST_SANITIZE MATCHES "thread")
  # ThreadSanitizer does not model the fences that Asio uses around a handler.
  add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()
if(HOLDFAST_HOOK_POINTS)
  add_compile_definitions(HOLDFAST_HOOK_POINTS)
endif()
