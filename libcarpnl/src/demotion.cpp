// SPDX-License-Identifier: LGPL-2.1-or-later
#include <carpnl/demotion.hpp>

#include "event_data.hpp"

#include <linux/carp.h>

#include <array>
#include <utility>

namespace carpnl {
namespace {

constexpr std::array<std::string_view, 3> scopes{"net", "group", "device"};
constexpr std::array<std::string_view, 4> owners{"kernel", "user", "socket", "sysctl"};

static_assert(static_cast<int>(Scope::net) == CARP_SCOPE_NET);
static_assert(static_cast<int>(Scope::group) == CARP_SCOPE_GROUP);
static_assert(static_cast<int>(Scope::device) == CARP_SCOPE_DEVICE);
static_assert(static_cast<int>(Owner::kernel) == CARP_OWNER_KERNEL);
static_assert(static_cast<int>(Owner::user) == CARP_OWNER_USER);
static_assert(static_cast<int>(Owner::socket) == CARP_OWNER_SOCKET);
static_assert(static_cast<int>(Owner::sysctl) == CARP_OWNER_SYSCTL);

template <class Enum, std::size_t N>
std::string_view name_in(const std::array<std::string_view, N> &names, Enum value) noexcept {
    const auto index = static_cast<std::size_t>(value);
    return index < N ? names[index] : std::string_view("unknown");
}

} // namespace

std::string_view to_string(Scope scope) noexcept { return name_in(scopes, scope); }
std::string_view to_string(Owner owner) noexcept { return name_in(owners, owner); }

Target Target::group(std::uint32_t group) {
    Target target;
    target.scope_ = Scope::group;
    target.group_ = group;
    return target;
}

Target Target::device(std::string name) {
    Target target;
    target.scope_ = Scope::device;
    target.device_ = std::move(name);
    return target;
}

struct Demotion::Data {
    std::string name;
    std::uint32_t value = 0;
    Target target;
    bool lease = false;
    bool drain = false;
};

Demotion::Demotion(std::string name, std::uint32_t value, Target target)
    : data_(std::make_unique<Data>(Data{.name = std::move(name),
                                        .value = value,
                                        .target = std::move(target),
                                        .lease = false,
                                        .drain = false})) {}
Demotion::Demotion(const Demotion &other) : data_(std::make_unique<Data>(*other.data_)) {}
Demotion::Demotion(Demotion &&) noexcept = default;
Demotion &Demotion::operator=(const Demotion &other) {
    data_ = std::make_unique<Data>(*other.data_);
    return *this;
}
Demotion &Demotion::operator=(Demotion &&) noexcept = default;
Demotion::~Demotion() = default;

Demotion &Demotion::lease(bool on) {
    data_->lease = on;
    return *this;
}
Demotion &Demotion::drain(bool on) {
    data_->drain = on;
    return *this;
}

const std::string &Demotion::name() const noexcept { return data_->name; }
std::uint32_t Demotion::value() const noexcept { return data_->value; }
const Target &Demotion::target() const noexcept { return data_->target; }
bool Demotion::is_lease() const noexcept { return data_->lease; }
bool Demotion::is_drain() const noexcept { return data_->drain; }

Cause::Cause(std::shared_ptr<const detail::CauseData> data) noexcept : data_(std::move(data)) {}

const std::string &Cause::name() const noexcept { return data_->name; }
std::uint32_t Cause::value() const noexcept { return data_->value; }
Scope Cause::scope() const noexcept { return data_->scope; }
Owner Cause::owner() const noexcept { return data_->owner; }
bool Cause::is_lease() const noexcept { return (data_->flags & CARP_CAUSE_F_LEASE) != 0; }
bool Cause::is_drain() const noexcept { return (data_->flags & CARP_CAUSE_F_DRAIN) != 0; }
std::optional<std::uint32_t> Cause::group() const noexcept { return data_->group; }
std::optional<std::uint32_t> Cause::device_index() const noexcept { return data_->device_index; }
const std::string &Cause::device_name() const noexcept { return data_->device_name; }
std::optional<std::chrono::milliseconds> Cause::age() const noexcept { return data_->age; }

} // namespace carpnl
