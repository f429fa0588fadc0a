// SPDX-License-Identifier: GPL-2.0-only
#include "carp_link.hpp"

#include <linux/carp.h>
#include <stdexcept>

namespace e2e {

std::string to_text(State state) {
    switch (state) {
    case State::Init:
        return "INIT";
    case State::Backup:
        return "BACKUP";
    case State::Master:
        return "MASTER";
    }
    return "state " + std::to_string(static_cast<int>(state));
}

std::ostream &operator<<(std::ostream &out, State state) { return out << to_text(state); }

CarpLink::CarpLink(Link link) : link_(std::move(link)) {
    if (link_.kind != CARP_KIND)
        throw std::runtime_error(link_.name + " is no carp device but \"" + link_.kind + "\"");
}

std::uint64_t CarpLink::number(unsigned type) const {
    const auto attribute = find_attribute(link_.info_data, type);
    if (!attribute)
        throw std::runtime_error(link_.name + ": no attribute " + std::to_string(type));
    return attribute->number();
}

bool CarpLink::has(unsigned type) const {
    return find_attribute(link_.info_data, type).has_value();
}

std::optional<std::uint64_t> CarpLink::find_number(unsigned type) const {
    const auto attribute = find_attribute(link_.info_data, type);
    return attribute ? std::optional(attribute->number()) : std::nullopt;
}

State CarpLink::state() const { return static_cast<State>(number(IFLA_CARP_STATE)); }

unsigned CarpLink::vhid() const { return static_cast<unsigned>(number(IFLA_CARP_VHID)); }

unsigned CarpLink::advbase() const { return static_cast<unsigned>(number(IFLA_CARP_ADVBASE)); }

unsigned CarpLink::advskew() const { return static_cast<unsigned>(number(IFLA_CARP_ADVSKEW)); }

unsigned CarpLink::effective_advskew() const {
    return static_cast<unsigned>(number(IFLA_CARP_ADVSKEW_EFFECTIVE));
}

unsigned CarpLink::demotion() const { return static_cast<unsigned>(number(IFLA_CARP_DEMOTION)); }

unsigned CarpLink::reason() const { return static_cast<unsigned>(number(IFLA_CARP_LAST_REASON)); }

bool CarpLink::key_set() const { return (number(IFLA_CARP_KEY_SET) & CARP_KEY_SET_PRESENT) != 0; }

bool CarpLink::next_key_set() const { return (number(IFLA_CARP_KEY_SET) & CARP_KEY_SET_NEXT) != 0; }

unsigned CarpLink::heard_as() const {
    return has(IFLA_CARP_HEARD_AS) ? static_cast<unsigned>(number(IFLA_CARP_HEARD_AS))
                                   : static_cast<unsigned>(CARP_MATCH_NONE);
}

std::uint64_t CarpLink::transitions() const { return number(IFLA_CARP_TRANSITIONS); }

Duration CarpLink::last_change_age() const {
    return std::chrono::milliseconds{number(IFLA_CARP_LAST_CHANGE_AGE)};
}

std::optional<Refused> CarpLink::refused() const {
    const auto nest = find_attribute(link_.info_data, IFLA_CARP_REFUSED);
    if (!nest)
        return std::nullopt;
    Refused refused;
    for (const Attribute &attribute : attributes(nest->value)) {
        if (attribute.type == CARP_REFUSED_COUNTER)
            refused.counter = static_cast<unsigned>(attribute.number());
        if (attribute.type == CARP_REFUSED_ADDR4 || attribute.type == CARP_REFUSED_ADDR6)
            refused.source = Address{attribute.value};
    }
    return refused;
}

std::uint64_t CarpLink::counter(unsigned number) const {
    const auto attribute = find_attribute(link_.info_xstats, number);
    if (!attribute)
        throw std::runtime_error(link_.name + ": no counter " + std::to_string(number));
    return attribute->number();
}

} // namespace e2e
