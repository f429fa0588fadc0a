// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "exchange.hpp"
#include "generic.hpp"

#include <carpnl/socket.hpp>

#include <memory>
#include <utility>

namespace carpnl {

/// What a Socket holds. Tests make one on Transports of their own.
class Socket::Impl {
  public:
    Impl(std::unique_ptr<detail::Transport> to_route,
         std::unique_ptr<detail::Transport> to_generic) noexcept
        : exchange(std::move(to_route)), generic(std::move(to_generic)) {}

    detail::Exchange exchange;
    detail::Generic generic;
};

} // namespace carpnl
