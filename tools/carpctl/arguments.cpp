// SPDX-License-Identifier: GPL-2.0-or-later
#include "arguments.hpp"

#include <algorithm>
#include <cstring>

namespace carpctl {

bool same_word(std::string_view word, std::string_view written) noexcept {
    return std::equal(word.begin(), word.end(), written.begin(), written.end(),
                      [](char a, char b) { return a == b || (a == '_' && b == '-'); });
}

Arguments::Arguments(std::span<char *> argv) {
    // Reserved, so that no word is ever moved and leaves a copy behind.
    words_.reserve(argv.size());
    for (std::size_t i = 0; i < argv.size(); ++i) {
        words_.emplace_back(argv[i]);
        if (i > 0 && (words_[i - 1] == "pass" || same_word("next_pass", words_[i - 1])))
            ::explicit_bzero(argv[i], words_[i].size());
    }
}

Arguments::~Arguments() {
    for (auto &word : words_)
        ::explicit_bzero(word.data(), word.size());
}

std::string_view Arguments::peek() const noexcept {
    return at_end() ? std::string_view() : std::string_view(words_[next_]);
}

std::string_view Arguments::take(std::string_view what) {
    if (at_end())
        throw UsageError(std::string(what) + " is missing");
    return words_[next_++];
}

bool Arguments::take_if(std::string_view word) noexcept {
    if (at_end() || words_[next_] != word)
        return false;
    ++next_;
    return true;
}

void Arguments::take_value(std::string_view option, std::string_view what, std::string &into) {
    const auto name = std::string(option) + ": ";
    if (!into.empty())
        throw UsageError(name + "given twice");
    into = take(name + std::string(what));
    if (into.empty())
        throw UsageError(name + std::string(what) + " is empty");
}

void Arguments::require_end() const {
    if (!at_end())
        throw UsageError("'" + words_[next_] + "' is too much");
}

} // namespace carpctl
