// SPDX-License-Identifier: GPL-2.0-or-later
#include "json.hpp"

#include "schema.hpp"
#include "situations.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace {

using namespace carptest;
using namespace std::chrono_literals;
using carpctl::to_json;
using Json = nlohmann::json;

Json schema() { return carptest::schema("show"); }

Json device_json(const Status &status, bool statistics = false) {
    return Json(to_json(status, defaults, now, {.statistics = statistics}));
}

std::vector<Status> every_situation() {
    return {
        backup(),
        master(),
        bare(),
        with_refused(carpnl::State::backup, 412ms),
        with_refused(carpnl::State::master, 3h),
        device([](StatusData &data) {
            data.master_address6 = carpnl::Address::parse("fe80::3/128");
            data.parent_name.reset();
            data.parent_up.reset();
            data.parent_carrier.reset();
        }),
        device([](StatusData &data) {
            data.state = static_cast<carpnl::State>(9);
            data.reason = static_cast<carpnl::Reason>(99);
            data.preempt = static_cast<carpnl::Preempt>(9);
            data.name = "\xff\xfe";
        }),
    };
}

TEST(Json, KeepsToItsSchema) {
    Json all = Json::array();
    for (const auto &status : every_situation()) {
        all.push_back(device_json(status));
        all.push_back(device_json(status, true));
    }
    EXPECT_EQ(violations(schema(), all), std::vector<std::string>());
    EXPECT_EQ(violations(schema(), Json::array()), std::vector<std::string>());
}

TEST(Json, TheCheckOfTheSchemaSeesErrors) {
    Json wrong = Json::array({device_json(backup())});
    wrong[0]["state"] = "BACKUP";
    wrong[0]["vhid"] = 256;
    wrong[0].erase("mac");
    wrong[0]["more"] = 1;
    wrong[0]["addresses"][0]["prefix"] = "24";
    EXPECT_EQ(violations(schema(), wrong).size(), 5U);
}

TEST(Json, EverySchemaMemberIsThere) {
    const auto json = device_json(with_refused(carpnl::State::backup, 1s), true);
    const Json all = schema();
    for (const auto &[key, ignored] : all["items"]["properties"].items())
        EXPECT_TRUE(json.contains(key)) << key;
    for (const auto counter : carpnl::all_counters())
        EXPECT_TRUE(json["counters"].contains(std::string(to_string(counter))));
}

TEST(Json, ABackup) {
    const auto json = device_json(backup());
    EXPECT_EQ(json["name"], "carp0");
    EXPECT_EQ(json["state"], "backup");
    EXPECT_EQ(json["reason"], "better_master");
    EXPECT_EQ(json["last_change_age_ms"], 125000);
    EXPECT_EQ(json["last_change_time"], "2026-01-01T00:02:55.000Z");
    EXPECT_EQ(json["vhid"], 1);
    EXPECT_EQ(json["interval_us"], 1390625);
    EXPECT_EQ(json["preempt"], "inherit");
    EXPECT_EQ(json["preempt_effective"], false);
    EXPECT_EQ(json["master_addresses"], Json({"192.168.1.3"}));
    EXPECT_EQ(json["master_down_in_us"], 2913000);
    EXPECT_EQ(json["addresses"][1],
              (Json{{"family", "inet6"}, {"address", "2001:db8::50"}, {"prefix", 64}}));
    EXPECT_TRUE(json["refused"].is_null());
    EXPECT_FALSE(json.contains("counters"));
    EXPECT_EQ(json["explanation"].size(), 2U);
}

TEST(Json, KeysAndTimes) {
    const auto json = device_json(device([](StatusData &data) {
        data.next_key_set = true;
        data.grace = 0;
        data.preempt_delay = 2000;
        data.start_hold = 30000;
        data.preempt_in = 1500ms;
        data.hold_left = 7s;
        data.heard_as = carpnl::Match::old_list;
        data.drained = false;
        data.sequence = 9;
        data.reason = carpnl::Reason::drained;
    }));
    EXPECT_EQ(violations(schema(), Json::array({json})), std::vector<std::string>());
    EXPECT_EQ(json["next_key_set"], true);
    EXPECT_EQ(json["grace_s"], 0);
    EXPECT_EQ(json["preempt_delay_ms"], 2000);
    EXPECT_EQ(json["start_hold_ms"], 30000);
    EXPECT_EQ(json["preempt_in_us"], 1500000);
    EXPECT_EQ(json["hold_left_ms"], 7000);
    EXPECT_EQ(json["heard_as"], "old_list");
    EXPECT_EQ(json["drained"], false);
    EXPECT_EQ(json["sequence"], 9);
    EXPECT_EQ(json["reason"], "drained");
}

TEST(Json, Peers) {
    EXPECT_EQ(device_json(backup())["peers"], Json::array());
    const auto json = device_json(device([](StatusData &data) {
        data.peers = {carpnl::Address::parse("192.168.1.3/32"),
                      carpnl::Address::parse("2001:db8::3/128")};
    }));
    EXPECT_EQ(json["peers"], Json({"192.168.1.3", "2001:db8::3"}));
}

TEST(Json, NullForWhatIsNot) {
    const auto json = device_json(bare(), true);
    for (const char *key :
         {"last_change_age_ms", "last_change_time", "parent", "parent_index", "parent_up",
          "parent_carrier", "mtu", "vhid", "master_down_in_us", "refused", "counters"})
        EXPECT_TRUE(json[key].is_null()) << key;
    EXPECT_EQ(json["master_addresses"], Json::array());
    EXPECT_EQ(json["addresses"], Json::array());
    EXPECT_EQ(json["key_set"], false);
}

TEST(Json, ARefusedAdvert) {
    const auto json = device_json(with_refused(carpnl::State::backup, 412ms), true);
    EXPECT_EQ(json["refused"],
              (Json{
                  {"reason", "badauth"},
                  {"explanation", "digest does not match: wrong pass or address list"},
                  {"source", "192.168.1.4"},
                  {"count", 17},
                  {"age_ms", 412},
                  {"time", "2026-01-01T00:04:59.588Z"},
              }));
    EXPECT_EQ(json["counters"]["badauth"], 8);
}

TEST(Json, PrettyAndPlain) {
    std::ostringstream out;
    carpctl::print_json(out, {{{"a", 1}}}, {});
    carpctl::print_json(out, {{{"a", 1}}}, {.pretty = true});
    EXPECT_EQ(out.str(), "[{\"a\":1}]\n[\n    {\n        \"a\": 1\n    }\n]\n");
}

} // namespace
