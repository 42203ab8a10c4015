#include "gateway/metrics_catalogue.hpp"

#include <utility>

namespace holdfast::gateway {
namespace {

constexpr std::string_view kIntroduction =
    R"(<!-- Written by script/write-reference from src/gateway/metrics_catalogue.hpp. Change it there. -->
# Metrics

`GET /metrics` answers in the text format of Prometheus (`text/plain; version=0.0.4`). Everything in it is known already
when it is asked for: a scrape reads the server's own allocator statistics and nothing else, takes well below a
millisecond and costs the database nothing. Readings of memory are those of the last
tick, a tenth of a second ago at most; what is told of routes, workers and reservations is up to a second old.

Counters count since the server was started. What is not known is absent, never zero. `worker` is a place in the pool,
not a process: it stays the same when the worker is replaced.

## Who may scrape

The same who may read `/health/memory`: without a login everybody who reaches the loopback address; with a login
whoever has a key or a token, as `Authorization: Bearer …` or, for keys, `X-Api-Key`. No metric names a user, a thread or
a run. Give Prometheus a key of its own, `holdfast key add prometheus`, and leave it out of `auth.admins`:

```yaml
scrape_configs:
  - job_name: holdfast
    authorization:
      credentials_file: /etc/prometheus/holdfast.key
    static_configs:
      - targets: ['10.0.0.7:8000']
```

With `auth.mode = "oidc"` Prometheus can get its token by itself: `oauth2` in place of `authorization`, if the provider
puts `auth.audience` into it.

A target by name must be in `server.trusted_hosts`. Rules with alerts are in `deploy/prometheus/rules.yml`, a dashboard
in `deploy/grafana/holdfast.json`.
)";

struct Chapter {
  MetricArea area;
  std::string_view title;
  std::string_view presence;
};

constexpr std::array kChapters{
    Chapter{MetricArea::server, "Server", ""},
    Chapter{MetricArea::runs, "Runs", ""},
    Chapter{MetricArea::workers, "Workers", "The sizes are of workers that could be read in the last tick."},
    Chapter{MetricArea::passing, "Pass-through",
            "Of requests that no route answers (docs/proxy.md). Absent while `worker.pass_through` is off."},
    Chapter{MetricArea::journal, "Journal", ""},
    Chapter{MetricArea::memory, "Memory", "Those that cannot be read now are absent."},
    Chapter{MetricArea::governor, "Governor", "Absent in a server without a governor."},
    Chapter{MetricArea::relief, "Relief", "Absent in a server without a governor."},
    Chapter{MetricArea::routes, "Routes",
            "Of routes that a run was started on. Absent in a server without a governor."},
    Chapter{MetricArea::cache, "Result cache", "Absent while the cache is off."},
};

std::string_view to_string(MetricType type) { return type == MetricType::counter ? "counter" : "gauge"; }

std::string_view unit_of(const MetricSpec& spec) {
  auto name = spec.name;
  if (spec.type == MetricType::counter) name.remove_suffix(std::string_view("_total").size());
  if (name.ends_with("_bytes")) return "bytes";
  if (name.ends_with("_seconds")) return "seconds";
  if (name.ends_with("_ratio")) return "0 to 1";
  return "";
}

void append_row(std::string& out, const MetricSpec& spec) {
  out.append("| `").append(spec.name).append("` | ").append(to_string(spec.type));
  out.append(" | ").append(unit_of(spec)).append(" | ");
  std::string_view separator;
  for (const auto& label : spec.labels) {
    if (label.name.empty()) continue;
    out.append(std::exchange(separator, "; ")).append("`").append(label.name).append("` (").append(label.values);
    out.append(")");
  }
  out.append(" | ").append(spec.help).append(" |\n");
}

}  // namespace

std::string metrics_page() {
  std::string out(kIntroduction);
  for (const auto& chapter : kChapters) {
    out.append("\n## ").append(chapter.title).append("\n\n");
    if (!chapter.presence.empty()) out.append(chapter.presence).append("\n\n");
    out.append("| Metric | Type | Unit | Labels | Meaning |\n|---|---|---|---|---|\n");
    for (const auto& spec : kMetrics) {
      if (spec.area == chapter.area) append_row(out, spec);
    }
  }
  return out;
}

}  // namespace holdfast::gateway
