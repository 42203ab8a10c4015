#include "request.h"

#include <stdlib.h>
#include <string.h>

static const char* skip_space(const char* at) { return at + strspn(at, " \t\r\n"); }

/// Behind the string that begins here; null when it does not end.
static const char* skip_string(const char* at) {
  for (++at; *at != '"'; ++at) {
    if (*at == '\\') ++at;
    if (*at == '\0') return NULL;
  }
  return at + 1;
}

/// Behind the value that begins here; null when it does not end, or is none.
static const char* skip_value(const char* at) {
  int depth = 0;
  const char* begin = at;
  for (; *at != '\0'; ++at) {
    if (*at == '"') {
      at = skip_string(at);
      if (at == NULL) return NULL;
      --at;
    } else if (*at == '{' || *at == '[') {
      ++depth;
    } else if (*at == '}' || *at == ']') {
      if (depth == 0) return at == begin ? NULL : at;
      --depth;
    } else if (depth == 0 && *at == ',') {
      return at == begin ? NULL : at;
    }
  }
  return NULL;
}

typedef bool (*take_member)(struct span name, struct span value, struct analysis* analysis);

/// Calls `take` for each member of the object that begins here.
static bool for_each_member(const char* at, take_member take, struct analysis* analysis) {
  if (*at != '{') return false;
  at = skip_space(at + 1);
  if (*at == '}') return true;
  for (;;) {
    if (*at != '"') return false;
    const char* name_end = skip_string(at);
    if (name_end == NULL) return false;
    const struct span name = {at + 1, (size_t)(name_end - at) - 2};
    at = skip_space(name_end);
    if (*at != ':') return false;
    const char* value = skip_space(at + 1);
    at = skip_value(value);
    if (at == NULL || !take(name, (struct span){value, (size_t)(at - value)}, analysis)) return false;
    if (*at != ',') return *at == '}';
    at = skip_space(at + 1);
  }
}

static bool take_habit(struct span name, struct span value, struct analysis* analysis) {
  char text[32] = "";
  if (name.size >= sizeof text) return true;
  memcpy(text, name.text, name.size);
  double* habit = find_habit(&analysis->habits, text);
  if (habit == NULL) return true;
  char* end = NULL;
  *habit = strtod(value.text, &end);
  return end != value.text && *habit >= 0;
}

static bool is(struct span name, const char* word) {
  return name.size == strlen(word) && memcmp(name.text, word, name.size) == 0;
}

static bool take_top_member(struct span name, struct span value, struct analysis* analysis) {
  if (is(name, "leaky")) return for_each_member(value.text, take_habit, analysis);
  if (is(name, "prompt")) analysis->prompt = value;
  while (analysis->prompt.size > 0 && strchr(" \t\r\n", analysis->prompt.text[analysis->prompt.size - 1]) != NULL) {
    --analysis->prompt.size;
  }
  return true;
}

bool read_request(const char* body, struct analysis* analysis) {
  analysis->prompt = (struct span){"null", 4};
  return for_each_member(skip_space(body), take_top_member, analysis);
}
