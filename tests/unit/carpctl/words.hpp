// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "arguments.hpp"

#include <string>
#include <vector>

namespace carptest {

/// Arguments made of a list of words.
class WordList {
  public:
    explicit WordList(std::vector<std::string> words) : words_(std::move(words)) {
        for (auto &word : words_)
            pointers_.push_back(word.data());
    }
    std::span<char *> argv() { return pointers_; }

  private:
    std::vector<std::string> words_;
    std::vector<char *> pointers_;
};

} // namespace carptest
