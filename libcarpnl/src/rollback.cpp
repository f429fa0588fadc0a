// SPDX-License-Identifier: LGPL-2.1-or-later
#include "rollback.hpp"

#include <exception>
#include <utility>

namespace carpnl::detail {

void Rollback::add(std::string what, std::function<void()> undo) {
    steps_.push_back({std::move(what), std::move(undo)});
}

void Rollback::add_lasting(std::string what) { steps_.push_back({std::move(what), {}}); }

std::vector<std::string> Rollback::run() noexcept {
    std::vector<std::string> left;
    while (!steps_.empty()) {
        Step step = std::move(steps_.back());
        steps_.pop_back();
        bool undone = false;
        try {
            if (step.undo) {
                step.undo();
                undone = true;
            }
        } catch (const std::exception &) {
            // One that fails must not keep the others from being undone; it is told below.
            undone = false;
        }
        if (!undone)
            left.push_back(std::move(step.what));
    }
    return left;
}

} // namespace carpnl::detail
