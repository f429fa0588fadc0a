// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "exchange.hpp"

#include <carpnl/socket.hpp>

#include <memory>
#include <utility>

namespace carpnl {

/// What a Socket holds. Tests make one on a Transport of their own.
class Socket::Impl {
  public:
    explicit Impl(std::unique_ptr<detail::Transport> transport) noexcept
        : exchange(std::move(transport)) {}

    detail::Exchange exchange;
};

} // namespace carpnl
