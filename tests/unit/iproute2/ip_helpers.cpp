// SPDX-License-Identifier: GPL-2.0-or-later
#include "ip_helpers.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace carptest {

Printed &printed() {
    static Printed all;
    return all;
}

namespace {

bool wanted(output_type type) {
    return type == PRINT_ANY || (type == PRINT_JSON) == printed().json;
}

template <class Value> void note(const char *key, const char *format, Value value) {
    auto &all = printed();
    if (all.json) {
        nlohmann::json &place = *all.open.back();
        if (key != nullptr)
            place[key] = value;
        else
            place.push_back(value);
        return;
    }
    char text[256];
    // NOLINTNEXTLINE: ip hands formats on likewise
    std::snprintf(text, sizeof(text), format, value);
    all.text += text;
}

void open_in(const char *key, nlohmann::json value) {
    auto &all = printed();
    if (!all.json)
        return;
    (*all.open.back())[key] = std::move(value);
    all.open.push_back(&(*all.open.back())[key]);
}

} // namespace
} // namespace carptest

using carptest::printed;

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

extern "C" {

bool is_json_context(void) { return printed().json; }

void open_json_object(const char *key) { carptest::open_in(key, nlohmann::json::object()); }

void close_json_object(void) {
    if (printed().json)
        printed().open.pop_back();
}

void open_json_array(output_type type, const char *key) {
    if (carptest::wanted(type))
        carptest::open_in(key, nlohmann::json::array());
}

void close_json_array(output_type type, const char *text) {
    if (!carptest::wanted(type))
        return;
    if (printed().json)
        printed().open.pop_back();
    else if (text != nullptr)
        printed().text += text;
}

int print_color_string(output_type type, color_attr, const char *key, const char *format,
                       const char *value) {
    if (carptest::wanted(type))
        carptest::note(key, format, value);
    return 0;
}

int print_color_uint(output_type type, color_attr, const char *key, const char *format,
                     unsigned int value) {
    if (carptest::wanted(type))
        carptest::note(key, format, value);
    return 0;
}

int print_color_u64(output_type type, color_attr, const char *key, const char *format,
                    uint64_t value) {
    if (carptest::wanted(type))
        carptest::note(key, format, static_cast<unsigned long long>(value));
    return 0;
}

int print_color_bool(output_type type, color_attr, const char *key, const char *, bool value) {
    if (carptest::wanted(type) && printed().json)
        (*printed().open.back())[key] = value;
    return 0;
}

void print_nl(void) {
    if (!printed().json)
        printed().text += '\n';
}

int addattr_l(nlmsghdr *n, int maxlen, int type, const void *value, int length) {
    const auto start = NLMSG_ALIGN(n->nlmsg_len);
    if (start + RTA_SPACE(static_cast<unsigned>(length)) > static_cast<unsigned>(maxlen))
        return -1;
    auto *const attribute = reinterpret_cast<rtattr *>(reinterpret_cast<char *>(n) + start);
    attribute->rta_type = static_cast<unsigned short>(type);
    attribute->rta_len = static_cast<unsigned short>(RTA_LENGTH(static_cast<unsigned>(length)));
    if (length > 0)
        std::memcpy(RTA_DATA(attribute), value, static_cast<std::size_t>(length));
    n->nlmsg_len = start + RTA_ALIGN(attribute->rta_len);
    return 0;
}

int addattr32(nlmsghdr *n, int maxlen, int type, uint32_t value) {
    return addattr_l(n, maxlen, type, &value, sizeof(value));
}

int parse_rtattr(rtattr *tb[], int max, rtattr *first, int length) {
    std::fill_n(tb, max + 1, nullptr);
    for (; RTA_OK(first, length); first = RTA_NEXT(first, length))
        if (first->rta_type <= max && tb[first->rta_type] == nullptr)
            tb[first->rta_type] = first;
    return 0;
}

int get_u32(uint32_t *value, const char *text, int base) {
    char *end = nullptr;
    errno = 0;
    const unsigned long number = std::strtoul(text, &end, base);
    if (*text == '\0' || *end != '\0' || errno != 0 || number > UINT32_MAX)
        return -1;
    *value = static_cast<uint32_t>(number);
    return 0;
}

unsigned int ll_name_to_index(const char *name) { return std::strcmp(name, "eth0") == 0 ? 2 : 0; }

const char *ll_index_to_name(unsigned int index) { return index == 2 ? "eth0" : "if9"; }

void incomplete_command(void) { throw carptest::Exit("incomplete"); }

void invarg(const char *message, const char *word) {
    throw carptest::Exit(std::string("invalid ") + word + ": " + message);
}

void duparg(const char *key, const char *word) {
    throw carptest::Exit(std::string("duplicate ") + key + ": " + word);
}

} // extern "C"
