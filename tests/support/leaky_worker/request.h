/// The little of JSON that the leaky worker needs: the prompt as it was written, and the habits of one run.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "flags.h"

/// A part of the text it was found in.
struct span {
  const char* text;
  size_t size;
};

struct analysis {
  struct span prompt;  ///< The JSON value, quotes included; "null" when the request has none.
  struct habits habits;
};

/// Takes over what the request says in "prompt" and "leaky". False: it is not a JSON object. Keeps no more of the rest
/// than that its brackets and quotes pair. `body` ends with a null byte and outlives the analysis.
bool read_request(const char* body, struct analysis* analysis);
