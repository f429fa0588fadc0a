// SPDX-License-Identifier: GPL-2.0-or-later
#include "finding.hpp"

#include <algorithm>

namespace carpctl {
namespace {

using Json = nlohmann::ordered_json;

std::string_view severity_word(Severity severity) {
    return severity == Severity::error ? "error" : "warning";
}

template <class Value> Json or_null(const std::optional<Value> &value) {
    return value ? Json(*value) : Json(nullptr);
}

} // namespace

void add(std::vector<Finding> &findings, Finding finding) {
    const auto known = std::find_if(findings.begin(), findings.end(), [&](const Finding &one) {
        return one.id == finding.id && one.device == finding.device && one.text == finding.text;
    });
    if (known == findings.end()) {
        findings.push_back(std::move(finding));
        return;
    }
    for (auto &speaker : finding.speakers)
        if (std::find(known->speakers.begin(), known->speakers.end(), speaker) ==
            known->speakers.end())
            known->speakers.push_back(std::move(speaker));
}

std::string describe(const Finding &finding) {
    std::string text = finding.device.empty() ? "" : finding.device + ": ";
    text.append(severity_word(finding.severity)).append(": ").append(finding.text);
    std::string hosts;
    for (const auto &speaker : finding.speakers)
        hosts += (hosts.empty() ? "" : ", ") + speaker;
    if (!hosts.empty())
        text += " (heard from " + hosts + ")";
    return text + " [" + std::string(finding.id) + "]\n    " + finding.advice;
}

Json to_json(const Finding &finding) {
    return {
        {"id", finding.id},
        {"severity", severity_word(finding.severity)},
        {"device", finding.device.empty() ? Json(nullptr) : Json(finding.device)},
        {"vhid", or_null(finding.vhid)},
        {"parent", or_null(finding.parent)},
        {"speakers", finding.speakers},
        {"address", finding.address ? Json(finding.address->host()) : Json(nullptr)},
        {"finding", finding.text},
        {"advice", finding.advice},
    };
}

} // namespace carpctl
