// SPDX-License-Identifier: LGPL-2.1-or-later
#include "exchange.hpp"

#include "attributes.hpp"
#include "datagram.hpp"

#include <carpnl/error.hpp>

#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

namespace carpnl::detail {
namespace {

// A list that changes this often while it is read is not going to stop.
constexpr int dump_tries = 16;

constexpr std::uint16_t ext_text = NLMSGERR_ATTR_MSG;
constexpr std::uint16_t ext_offset = NLMSGERR_ATTR_OFFS;

/// What an extended acknowledgement says.
struct Verdict {
    int error = 0;
    std::string text;
    std::string attribute;
};

Verdict read_verdict(const nlmsghdr &head, std::span<const std::byte> payload,
                     std::span<const std::byte> request, AttributeNames names,
                     std::string_view subject) {
    Verdict verdict;
    std::span<const std::byte> extra;
    const auto code = read_fixed<std::int32_t>(payload);
    if (head.nlmsg_type == NLMSG_ERROR) {
        const auto refused = read_fixed<nlmsgerr>(payload);
        if (!refused)
            garbled(subject);
        // The request is quoted in full or, if capped, by its header alone.
        std::size_t skip = sizeof(nlmsgerr);
        if ((head.nlmsg_flags & NLM_F_CAPPED) == 0 && refused->error != 0)
            skip = sizeof(nlmsgerr) - sizeof(nlmsghdr) +
                   NLMSG_ALIGN(static_cast<std::size_t>(refused->msg.nlmsg_len));
        extra = payload.subspan(std::min(skip, payload.size()));
    } else if (payload.size() >= sizeof(std::int32_t)) {
        extra = payload.subspan(sizeof(std::int32_t));
    }
    // The lowest number is no error that can be negated.
    if (code && *code < 0)
        verdict.error = *code == INT32_MIN ? EPROTO : -*code;
    if ((head.nlmsg_flags & NLM_F_ACK_TLVS) != 0) {
        const Attributes told(extra);
        verdict.text = told.text(ext_text).value_or("");
        if (const auto offset = told.u32(ext_offset))
            verdict.attribute = names(request, *offset);
    }
    return verdict;
}

} // namespace

Exchange::Exchange(std::unique_ptr<Transport> transport, AttributeNames names) noexcept
    : transport_(std::move(transport)), names_(names) {}

Exchange::Answers Exchange::ask(Request &request, Until until, std::string_view subject) {
    request.set_sequence(++sequence_);
    try {
        transport_->send(request.bytes());
    } catch (const Error &error) {
        throw Error(error.code().value(), std::string(subject), error.text());
    }

    Answers answers;
    for (;;) {
        const auto bytes = transport_->receive();
        if (bytes.empty())
            garbled(subject);
        Datagram datagram(bytes);
        while (const auto message = datagram.next(subject)) {
            const auto &[head, payload] = *message;
            // The rest of an earlier question that was given up.
            if (head.nlmsg_seq != sequence_ || head.nlmsg_type == NLMSG_NOOP)
                continue;
            if ((head.nlmsg_flags & NLM_F_DUMP_INTR) != 0)
                answers.interrupted = true;
            if (head.nlmsg_type == NLMSG_ERROR || head.nlmsg_type == NLMSG_DONE) {
                Verdict verdict = read_verdict(head, payload, request.bytes(), names_, subject);
                if (verdict.error != 0) {
                    const bool kernel = !verdict.text.empty();
                    throw Error(verdict.error, std::string(subject), std::move(verdict.text),
                                std::move(verdict.attribute), kernel);
                }
                if (!verdict.text.empty())
                    warnings_.push_back(std::move(verdict.text));
                return answers;
            }
            answers.messages.push_back(
                {head.nlmsg_type, std::vector<std::byte>(payload.begin(), payload.end())});
            if (until == Until::answer)
                return answers;
        }
    }
}

void Exchange::perform(Request &request, std::string_view subject) {
    request.add_flags(NLM_F_ACK);
    ask(request, Until::acknowledged, subject);
}

Message Exchange::get(Request &request, std::string_view subject) {
    auto answers = ask(request, Until::answer, subject);
    if (answers.messages.empty())
        garbled(subject);
    return std::move(answers.messages.front());
}

std::vector<Message> Exchange::dump(const std::function<Request()> &make,
                                    std::string_view subject) {
    for (int i = 0; i < dump_tries; ++i) {
        Request request = make();
        request.add_flags(NLM_F_DUMP);
        try {
            auto answers = ask(request, Until::done, subject);
            if (!answers.interrupted)
                return std::move(answers.messages);
        } catch (const Error &error) {
            if (error.code().value() != EINTR)
                throw;
        }
    }
    throw Error(EAGAIN, std::string(subject), "the list kept changing while it was read");
}

std::vector<std::string> Exchange::take_warnings() { return std::exchange(warnings_, {}); }

} // namespace carpnl::detail
