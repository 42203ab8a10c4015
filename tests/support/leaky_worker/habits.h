/// What the leaky worker does to memory. All of it is touched, page by page.
#pragma once

#include "flags.h"

/// One run: takes, keeps and gives back as it is told. Any thread.
void misbehave(const struct habits* habits, const char* page_cache_dir);

/// Keeps that much for ever.
void keep_mb(double megabytes);

/// The part of a grandchild: takes, says so on standard output, ignores SIGTERM, never returns.
_Noreturn void hold_for_ever(double megabytes);

void sleep_ms(double milliseconds);
