// `holdfast runs`: what there is, and what happened to one.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include "app/run_text.hpp"
#include "app/table_text.hpp"
#include "base/json_members.hpp"
#include "base/run_id.hpp"

namespace holdfast::app {
namespace {

// The members that have a column of their own; the rest says what happened.
constexpr std::array<std::string_view, 4> kColumns{"seq", "at", "attempt", "kind"};

TextRow timeline_row(const json::object& entry) {
  std::string what;
  for (const auto& [key, value] : entry) {
    if (std::ranges::find(kColumns, std::string_view(key)) != kColumns.end()) continue;
    if (!what.empty()) what += "  ";
    what += fmt::format("{}={}", std::string_view(key),
                        value.is_string() ? std::string(value.get_string()) : json::serialize(value));
  }
  return {std::to_string(find_int(entry, "seq").value_or(0)), local_time(find_int(entry, "at").value_or(0)),
          std::to_string(find_int(entry, "attempt").value_or(0)), std::string(find_string(entry, "kind").value_or("")),
          what};
}

// The timeline's object with the run, answer and all, as one more member; both as the server wrote them.
std::string timeline_with_run(std::string_view timeline, std::string_view run) {
  const auto end = timeline.find_last_of('}');
  if (end == std::string_view::npos) return std::string(timeline);
  return fmt::format(R"({},"run":{}}})", timeline.substr(0, end), run);
}

}  // namespace

int list_runs(const ListOptions& options) {
  const auto address = parse_api_url(options.url);
  if (!address) return report(address.error());
  auto target = fmt::format("/v1/runs?limit={}", options.limit);
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty())
      target += fmt::format("&{}={}", name, boost::urls::encode(value, boost::urls::unreserved_chars));
  };
  add("thread_id", options.thread_id);
  add("status", options.status);
  auto response = ApiClient(*address).request("GET", target);
  if (!response) return report(response.error());
  if (response->status != 200) return report(Error(ErrorCode::invalid_argument, problem_text(*response)));
  if (options.output == Output::json) {
    fmt::print("{}\n", response->body);
    return 0;
  }
  const auto page = parse_json_object(response->body);
  const auto* runs = page ? page->if_contains("runs") : nullptr;
  if (runs == nullptr || !runs->is_array()) return report(Error(ErrorCode::data_loss, "the list cannot be read"));
  std::vector<TextRow> rows{{"RUN", "STATUS", "ATTEMPT", "CREATED", "QUESTION"}};
  for (const auto& item : runs->get_array()) {
    const auto* run = item.if_object();
    if (run == nullptr) continue;
    rows.push_back(
        {std::string(find_string(*run, "run_id").value_or("")), std::string(find_string(*run, "status").value_or("")),
         std::to_string(find_int(*run, "attempt").value_or(0)), local_time(find_int(*run, "created_at").value_or(0)),
         std::string(find_string(*run, "prompt").value_or(""))});
  }
  fmt::print("{}", format_table(rows));
  return 0;
}

int show_run(const std::string& url, const std::string& run_id, Output output) {
  const auto address = parse_api_url(url);
  if (!address) return report(address.error());
  const auto id = RunId::parse(run_id);
  if (!id) return report(id.error());
  const ApiClient client(*address);
  auto timeline = client.request("GET", fmt::format("/v1/runs/{}/timeline", id->text()));
  if (!timeline) return report(timeline.error());
  if (timeline->status != 200) return report(Error(ErrorCode::not_found, problem_text(*timeline)));
  auto run = client.request("GET", fmt::format("/v1/runs/{}", id->text()));
  if (!run) return report(run.error());
  if (run->status != 200) return report(Error(ErrorCode::not_found, problem_text(*run)));
  if (output == Output::json) {
    fmt::print("{}\n", timeline_with_run(timeline->body, run->body));
    return 0;
  }
  const auto page = parse_json_object(timeline->body);
  const auto* entries = page ? page->if_contains("entries") : nullptr;
  if (entries == nullptr || !entries->is_array())
    return report(Error(ErrorCode::data_loss, "the timeline cannot be read"));
  std::vector<TextRow> rows{{"SEQ", "AT", "ATTEMPT", "ENTRY", "WHAT"}};
  for (const auto& item : entries->get_array()) {
    if (const auto* entry = item.if_object()) rows.push_back(timeline_row(*entry));
  }
  fmt::print("{}", format_table(rows));
  fmt::print("\n");
  const auto members = split_members(run->body);
  const auto status = decode_json_string(find_member(members, "status")).value_or("");
  if (status != "queued" && status != "running") return print_end(run->body, output);
  const auto queue = parse_json_object(find_member(members, "queue"));
  const auto why = queue ? waiting_text(*queue, find_member(members, "attempt") == "0" ? 0 : 1) : std::string();
  fmt::print("The run is {}{}{}.\n", status, why.empty() ? "" : ": ", why);
  return 0;
}

}  // namespace holdfast::app
