// SPDX-License-Identifier: GPL-2.0-or-later
#include "exchange.hpp"

#include <carpnl/error.hpp>

#include <gtest/gtest.h>

#include <linux/carp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <cstring>
#include <deque>
#include <random>

namespace {

using carpnl::Error;
using carpnl::detail::Exchange;
using carpnl::detail::Request;
using carpnl::detail::Transport;

using Bytes = std::vector<std::byte>;

/// Answers what it was told to, whatever is asked.
class Script final : public Transport {
  public:
    void send(std::span<const std::byte> message) override {
        ++sent;
        last.assign(message.begin(), message.end());
        if (send_error != 0)
            throw Error(send_error, {}, {});
    }
    std::vector<std::byte> receive() override {
        if (answers.empty())
            throw Error(ETIME, {}, "end of script");
        Bytes next = std::move(answers.front());
        answers.pop_front();
        return next;
    }

    std::deque<Bytes> answers;
    Bytes last;
    int sent = 0;
    int send_error = 0;
};

Bytes message(std::uint16_t type, std::uint16_t flags, std::uint32_t sequence,
              std::span<const std::byte> payload = {}) {
    nlmsghdr head{};
    head.nlmsg_len = static_cast<std::uint32_t>(NLMSG_HDRLEN + payload.size());
    head.nlmsg_type = type;
    head.nlmsg_flags = flags;
    head.nlmsg_seq = sequence;
    Bytes bytes(head.nlmsg_len);
    std::memcpy(bytes.data(), &head, sizeof(head));
    std::copy(payload.begin(), payload.end(), bytes.begin() + NLMSG_HDRLEN);
    return bytes;
}

Bytes together(std::initializer_list<Bytes> messages) {
    Bytes all;
    for (const auto &one : messages)
        all.insert(all.end(), one.begin(), one.end());
    return all;
}

struct Verdict {
    int error = 0;
    std::string text = {};
    std::optional<std::uint32_t> offset = {};
    Bytes quoted = {}; ///< the refused request; empty: capped
};

Bytes verdict(std::uint32_t sequence, const Verdict &said, std::uint16_t flags = 0) {
    Request tail(0, 0, 4096);
    if (!said.text.empty())
        tail.put_text(NLMSGERR_ATTR_MSG, said.text);
    if (said.offset)
        tail.put_u32(NLMSGERR_ATTR_OFFS, *said.offset);
    const auto attributes = tail.bytes().subspan(NLMSG_HDRLEN);

    Bytes payload(sizeof(std::int32_t));
    std::memcpy(payload.data(), &said.error, sizeof(said.error));
    if (said.quoted.empty()) {
        payload.resize(sizeof(nlmsgerr));
        flags |= NLM_F_CAPPED;
    } else {
        payload.insert(payload.end(), said.quoted.begin(), said.quoted.end());
    }
    payload.insert(payload.end(), attributes.begin(), attributes.end());
    if (!attributes.empty())
        flags |= NLM_F_ACK_TLVS;
    return message(NLMSG_ERROR, flags, sequence, payload);
}

Bytes done(std::uint32_t sequence, std::uint16_t flags = 0, std::int32_t error = 0) {
    return message(NLMSG_DONE, flags | NLM_F_MULTI, sequence, std::as_bytes(std::span(&error, 1)));
}

class ExchangeTest : public ::testing::Test {
  protected:
    ExchangeTest() {
        auto transport = std::make_unique<Script>();
        script = transport.get();
        exchange.emplace(std::move(transport));
    }

    /// Like a change of vhid and advskew.
    static Request change() {
        Request request(RTM_NEWLINK, 0);
        request.fixed(ifinfomsg{});
        const Request::Nest info(request, IFLA_LINKINFO);
        request.put_text(IFLA_INFO_KIND, "carp");
        const Request::Nest data(request, IFLA_INFO_DATA);
        request.put_u32(IFLA_CARP_VHID, 256).put_u32(IFLA_CARP_ADVSKEW, 255);
        return request;
    }

    Error failure() {
        Request request = change();
        try {
            exchange->perform(request, "carp0");
        } catch (const Error &error) {
            return error;
        }
        ADD_FAILURE() << "no failure";
        return {0, {}, {}};
    }

    Script *script = nullptr;
    std::optional<Exchange> exchange;
};

TEST_F(ExchangeTest, AcknowledgedIsDone) {
    script->answers.push_back(verdict(1, {}));
    Request request = change();
    exchange->perform(request, "carp0");
    EXPECT_EQ(script->sent, 1);
    nlmsghdr head{};
    std::memcpy(&head, script->last.data(), sizeof(head));
    EXPECT_EQ(head.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
    EXPECT_EQ(head.nlmsg_seq, 1U);
    EXPECT_EQ(head.nlmsg_len, script->last.size());
    EXPECT_TRUE(exchange->take_warnings().empty());
}

TEST_F(ExchangeTest, TheKernelsWordsAndTheSettingItMeans) {
    script->answers.push_back(verdict(
        1, {.error = -ERANGE, .text = "carp: vhid 256: out of range 1..255", .offset = 52}));
    const Error error = failure();
    EXPECT_EQ(error.code().value(), ERANGE);
    EXPECT_EQ(error.text(), "carp: vhid 256: out of range 1..255");
    EXPECT_STREQ(error.what(), "carp0: carp: vhid 256: out of range 1..255");
    EXPECT_EQ(error.subject(), "carp0");
    EXPECT_EQ(error.attribute(), "vhid");
    EXPECT_TRUE(error.from_kernel());
}

TEST_F(ExchangeTest, TheWordsAfterAQuotedRequest) {
    const Request request = change();
    const auto whole = request.bytes();
    script->answers.push_back(verdict(1, {.error = -ERANGE,
                                          .text = "no",
                                          .offset = 60,
                                          .quoted = Bytes(whole.begin(), whole.end())}));
    const Error error = failure();
    EXPECT_EQ(error.text(), "no");
    EXPECT_EQ(error.attribute(), "advskew");
}

TEST_F(ExchangeTest, WithoutWordsThoseOfTheSystem) {
    script->answers.push_back(verdict(1, {.error = -EPERM}));
    const Error error = failure();
    EXPECT_EQ(error.code().value(), EPERM);
    EXPECT_EQ(error.text(), "Operation not permitted");
    EXPECT_EQ(error.attribute(), "");
    EXPECT_FALSE(error.from_kernel());
}

TEST_F(ExchangeTest, AnOffsetToNowhereNamesNothing) {
    const Request request = change();
    EXPECT_EQ(carpnl::detail::attribute_at(request.bytes(), 0), "");
    EXPECT_EQ(carpnl::detail::attribute_at(request.bytes(), 4000), "");
    EXPECT_EQ(carpnl::detail::attribute_at(request.bytes(), 0xffffffffU), "");
    EXPECT_EQ(carpnl::detail::attribute_at({}, 0), "");
    EXPECT_EQ(carpnl::detail::attribute_at(request.bytes(), 36), "kind");
    EXPECT_EQ(carpnl::detail::attribute_at(request.bytes(), 52), "vhid");
    // Cut anywhere, it is read no further.
    for (std::size_t length = 0; length < request.bytes().size(); ++length)
        carpnl::detail::attribute_at(request.bytes().first(length), 56);
}

TEST_F(ExchangeTest, RemarksOnSuccessAreKept) {
    script->answers.push_back(verdict(1, {.text = "this is unwise"}));
    Request request = change();
    exchange->perform(request, "carp0");
    EXPECT_EQ(exchange->take_warnings(), std::vector<std::string>{"this is unwise"});
    EXPECT_TRUE(exchange->take_warnings().empty());
}

TEST_F(ExchangeTest, AnswersToOlderQuestionsAreSkipped) {
    script->answers.push_back(
        together({verdict(77, {.error = -EPERM}), message(RTM_NEWLINK, 0, 0), verdict(1, {})}));
    Request request = change();
    EXPECT_NO_THROW(exchange->perform(request, "carp0"));
}

TEST_F(ExchangeTest, GetGivesTheAnswer) {
    const Bytes payload(8, std::byte{7});
    script->answers.push_back(message(RTM_NEWLINK, 0, 1, payload));
    Request request(RTM_GETLINK, 0);
    const auto answer = exchange->get(request, "carp0");
    EXPECT_EQ(answer.type, RTM_NEWLINK);
    EXPECT_EQ(answer.payload, payload);
}

TEST_F(ExchangeTest, GetWithoutAnAnswerIsGarbled) {
    script->answers.push_back(verdict(1, {}));
    Request request(RTM_GETLINK, 0);
    EXPECT_THROW(exchange->get(request, "carp0"), Error);
}

TEST_F(ExchangeTest, DumpsMayComeInPieces) {
    script->answers.push_back(together({message(RTM_NEWLINK, NLM_F_MULTI, 1, Bytes(4)),
                                        message(RTM_NEWLINK, NLM_F_MULTI, 1, Bytes(8))}));
    script->answers.push_back(message(RTM_NEWLINK, NLM_F_MULTI, 1, Bytes(12)));
    script->answers.push_back(done(1));
    const auto all = exchange->dump([] { return Request(RTM_GETLINK, 0); }, {});
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[2].payload.size(), 12U);
}

TEST_F(ExchangeTest, AnInterruptedDumpIsRepeatedWhole) {
    script->answers.push_back(
        together({message(RTM_NEWLINK, NLM_F_MULTI, 1, Bytes(4)),
                  message(RTM_NEWLINK, NLM_F_MULTI | NLM_F_DUMP_INTR, 1, Bytes(4)), done(1)}));
    script->answers.push_back(done(2, NLM_F_DUMP_INTR));
    script->answers.push_back(done(3, 0, -EINTR));
    script->answers.push_back(together({message(RTM_NEWLINK, NLM_F_MULTI, 4, Bytes(8)), done(4)}));
    const auto all = exchange->dump([] { return Request(RTM_GETLINK, 0); }, {});
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].payload.size(), 8U);
    EXPECT_EQ(script->sent, 4);
}

TEST_F(ExchangeTest, ADumpThatNeverSettlesIsGivenUp) {
    for (std::uint32_t i = 1; i < 100; ++i)
        script->answers.push_back(done(i, NLM_F_DUMP_INTR));
    try {
        exchange->dump([] { return Request(RTM_GETLINK, 0); }, {});
        FAIL();
    } catch (const Error &error) {
        EXPECT_EQ(error.code().value(), EAGAIN);
        EXPECT_EQ(error.text(), "the list kept changing while it was read");
    }
}

TEST_F(ExchangeTest, ADumpMayFailAtItsEnd) {
    script->answers.push_back(done(1, 0, -EPERM));
    EXPECT_THROW(exchange->dump([] { return Request(RTM_GETLINK, 0); }, {}), Error);
}

TEST_F(ExchangeTest, FailuresOfTheSocketNameTheDevice) {
    script->send_error = ENOBUFS;
    const Error error = failure();
    EXPECT_EQ(error.code().value(), ENOBUFS);
    EXPECT_EQ(error.subject(), "carp0");
}

TEST_F(ExchangeTest, NonsenseIsAnError) {
    Bytes short_length = message(RTM_NEWLINK, 0, 1);
    short_length[0] = std::byte{3};
    Bytes long_length = message(RTM_NEWLINK, 0, 1);
    long_length[1] = std::byte{1};
    const Bytes no_verdict = message(NLMSG_ERROR, 0, 1, Bytes(2));
    for (const Bytes &bytes : {Bytes(), Bytes(3), short_length, long_length, no_verdict}) {
        script->answers.assign(1, bytes);
        Exchange fresh([&] {
            auto transport = std::make_unique<Script>();
            transport->answers.push_back(bytes);
            return transport;
        }());
        Request request = change();
        try {
            fresh.perform(request, "carp0");
            FAIL();
        } catch (const Error &error) {
            EXPECT_EQ(error.code().value(), EBADMSG);
        }
    }
}

TEST_F(ExchangeTest, TheLowestErrorHasNoNegation) {
    script->answers.push_back(verdict(1, {.error = INT32_MIN}));
    EXPECT_EQ(failure().code().value(), EPROTO);
}

TEST(ExchangeGarbled, AnyBytesEndInAnAnswerOrAnError) {
    // Anything that a broken kernel could say, from a seed, so that a failure can be repeated.
    std::mt19937 random(112);
    const Bytes good =
        together({message(RTM_NEWLINK, NLM_F_MULTI, 1, Bytes(40)),
                  verdict(1, {.error = -ERANGE, .text = "a text of some length", .offset = 52})});
    for (int round = 0; round < 20000; ++round) {
        auto transport = std::make_unique<Script>();
        Bytes bytes = good;
        for (auto flips = random() % 6; flips-- > 0;)
            bytes[random() % bytes.size()] = static_cast<std::byte>(random());
        bytes.resize(random() % (bytes.size() + 1));
        transport->answers.push_back(bytes);
        Exchange exchange(std::move(transport));
        Request request(RTM_NEWLINK, 0);
        request.fixed(ifinfomsg{}).put_u32(IFLA_LINK, 1);
        try {
            exchange.perform(request, "carp0");
        } catch (const Error &error) {
            EXPECT_NE(error.code().value(), 0);
        }
    }
}

} // namespace
