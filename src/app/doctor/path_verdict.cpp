#include "app/doctor/path_verdict.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/duration.hpp"

namespace holdfast::app {
namespace {

// A path that adds so much to everything is not what cuts or holds back.
constexpr milliseconds kSlack{700};

double in_seconds(milliseconds time) { return static_cast<double>(time.count()) / 1000.0; }

bool answered(const HeldRequest& held) { return held.status == 200; }

std::string name_too_long(const SilenceSettings& silence, milliseconds cut) {
  std::vector<std::string> names;
  if (silence.hold >= cut) names.emplace_back(fmt::format("server.hold ({})", to_string(silence.hold)));
  if (silence.heartbeat >= cut) names.emplace_back(fmt::format("server.heartbeat ({})", to_string(silence.heartbeat)));
  if (silence.max_wait >= cut) names.emplace_back(fmt::format("server.max_wait ({})", to_string(silence.max_wait)));
  return fmt::format("{}", fmt::join(names, " and "));
}

Finding judge_silence(const std::vector<HeldRequest>& all, const SilenceSettings& silence) {
  Finding finding{Health::good, "silence", {}, {}};
  milliseconds longest{0};
  std::optional<HeldRequest> cut;
  for (const auto& held : all) {
    if (answered(held)) {
      longest = std::max<milliseconds>(longest, held.asked);
    } else if (!cut || held.took < cut->took) {
      cut = held;
    }
  }
  if (!cut) {
    finding.text =
        fmt::format("a request may be silent for {:.0f} s, which is the longest that was tried", in_seconds(longest));
    return finding;
  }
  const auto how = cut->status == 0 ? std::string("the connection is closed") : fmt::format("status {}", cut->status);
  finding.text = fmt::format("a request that is silent for {:.1f} s is cut ({}); {:.0f} s came through",
                             in_seconds(cut->took), how, in_seconds(longest));
  const auto too_long = name_too_long(silence, cut->took);
  if (too_long.empty()) {
    finding.health = Health::note;
    finding.advice =
        "nothing of Holdfast is silent so long; on guaranteed routes use Prefer: respond-async, or raise "
        "the time-out of the proxy";
  } else {
    finding.health = Health::bad;
    finding.advice = fmt::format("lower {} to {:.0f} s or less, or raise the time-out of the proxy", too_long,
                                 std::max(1.0, in_seconds(cut->took) * 0.8));
  }
  return finding;
}

Finding judge_stream(const PacedStream& stream) {
  Finding finding{Health::good, "streams", {}, {}};
  const auto buffering =
      "switch response buffering off for event streams in the proxy (nginx: proxy_buffering off; "
      "Next.js rewrites: send browsers to Holdfast itself); until then clients fall back to long "
      "polling after 4 s";
  if (stream.status != 200) {
    finding.health = Health::bad;
    finding.text = stream.status == 0 ? "an event stream got no answer"
                                      : fmt::format("an event stream was answered with status {}", stream.status);
    finding.advice = "look at the log of the proxy";
    return finding;
  }
  const auto paced = std::chrono::seconds(stream.events - 1);
  const bool late = stream.arrivals.empty() || stream.arrivals.front() + kSlack >= paced;
  if (stream.events > 1 && late) {
    finding.health = Health::warning;
    finding.text =
        fmt::format("an event stream is held back: {} events, one a second, came together after {:.1f} s",
                    stream.events, in_seconds(stream.arrivals.empty() ? milliseconds(0) : stream.arrivals.front()));
    finding.advice = buffering;
    if (!stream.content_encoding.empty()) {
      finding.advice =
          fmt::format("switch compression ({}) off for text/event-stream; and: {}", stream.content_encoding, buffering);
    }
    return finding;
  }
  if (!stream.complete) {
    finding.health = Health::warning;
    finding.text = "an event stream was cut before its end";
    finding.advice = "clients resume it; raise the time-out of the proxy if that happens to all streams";
    return finding;
  }
  finding.text = fmt::format("events arrive one by one; the first after {:.1f} s",
                             in_seconds(stream.arrivals.empty() ? milliseconds(0) : stream.arrivals.front()));
  return finding;
}

Finding judge_headers(const SeenHeaders& seen) {
  Finding finding{Health::good, "headers", "everything that the way back to an answer needs comes through", {}};
  auto lost = seen.dropped;
  if (!seen.etag) lost.emplace_back("ETag (of responses)");
  if (lost.empty()) return finding;
  finding.health = Health::warning;
  finding.text = fmt::format("lost on the way: {}", fmt::join(lost, ", "));
  finding.advice =
      "let the proxy pass these headers; without them a client repeats more than it must, and with "
      "Idempotency-Key lost it must name its run in the body (run_id)";
  return finding;
}

}  // namespace

Findings judge_path(const PathMeasurements& measured, const SilenceSettings& silence) {
  Findings findings{{Health::good,
                     "server",
                     fmt::format("{}, {:.0f} ms away", measured.server, in_seconds(measured.round_trip) * 1000.0),
                     {}}};
  if (measured.headers) findings.push_back(judge_headers(*measured.headers));
  if (measured.stream) findings.push_back(judge_stream(*measured.stream));
  if (!measured.held.empty()) findings.push_back(judge_silence(measured.held, silence));
  return findings;
}

}  // namespace holdfast::app
