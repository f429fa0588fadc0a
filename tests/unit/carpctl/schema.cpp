// SPDX-License-Identifier: GPL-2.0-or-later
#include "schema.hpp"

#include <algorithm>
#include <array>
#include <fstream>

namespace carptest {
namespace {

using Json = nlohmann::json;
using Complaints = std::vector<std::string>;

bool has_type(const Json &value, const std::string &type) {
    return (type == "null" && value.is_null()) || (type == "boolean" && value.is_boolean()) ||
           (type == "integer" && value.is_number_integer()) ||
           (type == "number" && value.is_number()) || (type == "string" && value.is_string()) ||
           (type == "array" && value.is_array()) || (type == "object" && value.is_object());
}

void append(Complaints &to, const Complaints &more) {
    to.insert(to.end(), more.begin(), more.end());
}

void check_keywords(const Json &schema, const std::string &place, Complaints &complaints) {
    constexpr std::array<std::string_view, 13> known{
        "$schema",  "title",      "description",          "type",   "enum",    "items",  "minItems",
        "required", "properties", "additionalProperties", "format", "minimum", "maximum"};
    for (const auto &[keyword, ignored] : schema.items())
        if (std::find(known.begin(), known.end(), keyword) == known.end())
            complaints.push_back(std::string(place)
                                     .append(": the schema's ")
                                     .append(keyword)
                                     .append(" is not checked"));
}

void check_scalar(const Json &schema, const Json &value, const std::string &place,
                  Complaints &complaints) {
    if (schema.contains("type")) {
        const Json &type = schema["type"];
        const Json types = type.is_array() ? type : Json::array({type});
        if (std::none_of(types.begin(), types.end(),
                         [&](const Json &one) { return has_type(value, one); }))
            complaints.push_back(place + ": wrong type");
    }
    if (schema.contains("enum") &&
        std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end())
        complaints.push_back(place + ": not one of the words");
    if (value.is_number() && schema.contains("minimum") && value < schema["minimum"])
        complaints.push_back(place + ": too small");
    if (value.is_number() && schema.contains("maximum") && value > schema["maximum"])
        complaints.push_back(place + ": too large");
}

void check_object(const Json &schema, const Json &value, const std::string &place,
                  Complaints &complaints) {
    for (const auto &key : schema.value("required", Json::array()))
        if (!value.contains(key.get<std::string>()))
            complaints.push_back(place + ": " + key.get<std::string>() + " is missing");
    const Json properties = schema.value("properties", Json::object());
    for (const auto &[key, member] : value.items()) {
        const std::string inner = std::string(place).append(".").append(key);
        if (properties.contains(key)) {
            append(complaints, violations(properties[key], member, inner));
        } else if (schema.contains("additionalProperties")) {
            const Json &other = schema["additionalProperties"];
            if (other.is_object())
                append(complaints, violations(other, member, inner));
            else if (!other.get<bool>())
                complaints.push_back(inner + ": not in the schema");
        }
    }
}

void check_array(const Json &schema, const Json &value, const std::string &place,
                 Complaints &complaints) {
    if (schema.contains("minItems") && value.size() < schema["minItems"].get<std::size_t>())
        complaints.push_back(place + ": too short");
    if (schema.contains("items"))
        for (std::size_t i = 0; i < value.size(); ++i)
            append(complaints,
                   violations(schema["items"], value[i], place + "[" + std::to_string(i) + "]"));
}

} // namespace

Json schema(const std::string &name) {
    std::ifstream file(std::string(CARP_SCHEMA_DIR) + "/carpctl-" + name + ".schema.json");
    return Json::parse(file);
}

Complaints violations(const Json &schema, const Json &value, const std::string &place) {
    Complaints complaints;
    check_keywords(schema, place, complaints);
    check_scalar(schema, value, place, complaints);
    if (value.is_object())
        check_object(schema, value, place, complaints);
    if (value.is_array())
        check_array(schema, value, place, complaints);
    return complaints;
}

} // namespace carptest
