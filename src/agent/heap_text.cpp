#include "agent/heap_text.hpp"

#include <string.h>

namespace holdfast::agent {
namespace {

// The number after the next "=", written with commas. False: there is none on this line.
bool number_after(const char* at, uint64_t* number) {
  while (*at != '=' && *at != '\n' && *at != '\0') ++at;
  if (*at != '=') return false;
  ++at;
  while (*at == ' ') ++at;
  if (*at < '0' || *at > '9') return false;
  *number = 0;
  for (; (*at >= '0' && *at <= '9') || *at == ','; ++at) {
    if (*at != ',') *number = *number * 10 + static_cast<uint64_t>(*at - '0');
  }
  return true;
}

}  // namespace

HeapText parse_heap_text(const char* text) {
  HeapText heap;
  const char* arenas = strstr(text, "bytes/arena");
  const char* live = strstr(text, "# bytes in allocated blocks");
  heap.known = arenas != nullptr && live != nullptr && number_after(arenas, &heap.arenas) &&
               number_after(live, &heap.live) && heap.live <= heap.arenas;
  return heap;
}

}  // namespace holdfast::agent
