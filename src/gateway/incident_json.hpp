/// An incident as clients see it. Pure.
#pragma once

#include <string>

#include "gateway/json_text.hpp"
#include "journal/incident.hpp"

namespace holdfast::gateway {

[[nodiscard]] inline std::string incident_json(const journal::Incident& incident) {
  ObjectText out;
  out.text("id", incident.id.text()).number("at", incident.at).text("instance", incident.instance);
  return out.text("kind", incident.kind).raw("body", incident.body).take();
}

}  // namespace holdfast::gateway
