// SPDX-License-Identifier: GPL-2.0-only
#include "invariants.hpp"

#include <algorithm>
#include <map>

namespace e2e {

namespace {

/// How long after a better advert a frame may still be under way: one that was
/// queued before the host heard the advert.
constexpr Duration under_way = 1ms;
/// Clocks of capture and timers are the same; this is for rounding.
constexpr Duration rounding = 50us;
/// A bow-out may be sent in several copies and families.
const Duration farewell = 20ms + lab_slack();
/// A new MASTER's first unicast advert has to wait until its peer's MAC is known; what announces
/// the addresses does not.
const Duration peer_found = 20ms + lab_slack();
/// Between a change and the bow-out that goes with it; a report tells the millisecond.
const Duration decided = lab_slack();
/// Between equals the one that should yield has so many rounds to do so.
constexpr unsigned equal_rounds_allowed = 5;
/// What a demoted host says instead of its own advskew.
constexpr unsigned demoted_advskew = 240;

} // namespace

class Invariants::Judge {
  public:
    Judge(const Invariants &rules, const Faults &faults, unsigned vhid,
          std::vector<std::string> members)
        : rules_(rules), faults_(faults), vhid_(vhid), members_(std::move(members)) {}

    void take(const Frame &frame) {
        if (rules_.outsiders_.contains(frame.host()))
            return;
        const bool judged = !rules_.foreign_.contains(frame.host());
        Member &member = at(frame.host(), frame.time());
        if (frame.advert_of(vhid_)) {
            take_advert(frame, *frame.advert(), member, judged);
            return;
        }
        if (judged && !member.master)
            member.early.push_back(frame);
    }

    void take(const StateChange &change) {
        if (change.state == State::Master)
            return;
        Member &member = members_by_name_[change.host];
        // The report may be older than a takeover that came right behind it.
        if (member.since > change.latest - farewell)
            return;
        member.master = false;
    }

    /// To be asked last.
    [[nodiscard]] const std::vector<std::string> &complaints() {
        for (auto &[name, member] : members_by_name_)
            judge_early(member, std::nullopt);
        return complaints_;
    }

  private:
    struct Heard {
        Instant time;
        std::uint32_t priority;
        bool bow_out;
        std::string host;
    };

    struct Member {
        bool master = false;
        Instant since;                     ///< of the present or last mastership
        std::optional<Instant> last_round; ///< its last advert
        std::optional<Instant> deadline;   ///< it heard a better one; MASTER until then
        std::optional<Instant> left;       ///< time of the bow-out
        std::optional<Instant> reset;      ///< last healed cut taken into account
        std::uint32_t priority = 0;
        bool equal_heard = false;
        unsigned equal_rounds = 0;
        std::optional<Heard> heard;
        std::vector<Frame> early; ///< with the virtual MAC, before the first advert
    };

    Member &at(const std::string &host, Instant time) {
        Member &member = members_by_name_[host];
        if (member.deadline && time > *member.deadline) {
            member.master = false;
            member.deadline.reset();
        }
        const auto healed = faults_.healed(host, time);
        if (healed && healed != member.reset) {
            member.master = false;
            member.reset = healed;
        }
        return member;
    }

    static bool to_peer(const Frame &frame) { return (frame.destination().bytes[0] & 1U) == 0; }

    /// Frames before the advert that made a MASTER known are wrong, unless that one went to a peer.
    void judge_early(Member &member, const std::optional<Frame> &advert) {
        for (const Frame &frame : member.early)
            if (!advert || !to_peer(*advert) || advert->time() - frame.time() > peer_found)
                complain(frame, "virtual MAC from a host that is not MASTER");
        member.early.clear();
    }

    void take_advert(const Frame &frame, const CarpHeader &advert, Member &member, bool judged) {
        judge_early(member, advert.bow_out() ? std::nullopt : std::optional(frame));
        if (judged && (frame.source() == Mac::of_vhid(vhid_)) == to_peer(frame))
            complain(frame, to_peer(frame) ? "the virtual MAC as source of an advert to a peer"
                                           : "advert without the virtual MAC as its source");
        if (advert.bow_out()) {
            const bool copy = member.left && frame.time() - *member.left < farewell;
            if (judged && !member.master && !copy)
                complain(frame, "bow-out from a host that is not MASTER");
            member.master = false;
            member.left = frame.time();
        } else {
            if (!member.master) {
                if (judged)
                    check_takeover(frame, advert, member);
                member.master = true;
                member.since = frame.time();
                member.equal_rounds = 0;
                member.equal_heard = false;
                member.deadline.reset();
                member.priority = advert.priority();
                obey_what_was_under_way(frame, member);
            }
            member.priority = advert.priority();
            count_round(frame, advert, member, judged);
        }
        deliver(frame, advert);
    }

    void check_takeover(const Frame &frame, const CarpHeader &advert, const Member &member) {
        if (rules_.split_.contains(vhid_) || rules_.forced_.contains(vhid_))
            return;
        const unsigned skew = advert.advskew >= demoted_advskew ? 0U : advert.advskew;
        const Duration wait = master_down_time(advert.advbase, skew) - rounding;
        const auto &heard = member.heard;
        if (heard && (heard->bow_out || heard->priority > advert.priority()) &&
            (!member.reset || heard->time >= *member.reset))
            return;
        if (member.reset && frame.time() - *member.reset < wait)
            complain(frame, "takeover " + to_text(frame.time() - *member.reset) +
                                " after the cable was plugged in again");
        else if (heard && frame.time() - heard->time < wait && !crossed(frame, *heard))
            complain(frame, "a second master: an advert only " +
                                to_text(frame.time() - heard->time) + " after that of " +
                                heard->host + ", master-down time is " + to_text(wait));
    }

    /// Two timers that are due in the same moment: the adverts pass each other.
    static bool crossed(const Frame &frame, const Heard &heard) {
        return frame.time() - heard.time < under_way;
    }

    /// The advert that crossed with its first one arrives when it is MASTER.
    static void obey_what_was_under_way(const Frame &frame, Member &member) {
        if (!member.heard || member.heard->bow_out || !crossed(frame, *member.heard))
            return;
        if (member.heard->priority < member.priority)
            member.deadline = frame.time() + under_way;
        if (member.heard->priority == member.priority)
            member.equal_heard = true;
    }

    void count_round(const Frame &frame, const CarpHeader &advert, Member &member, bool judged) {
        // IPv4 and IPv6 adverts of one round follow each other closely.
        const Duration half = advert_interval(advert.advbase, advert.advskew) / 2;
        if (member.last_round && frame.time() - *member.last_round < half)
            return;
        member.last_round = frame.time();
        member.equal_rounds = member.equal_heard ? member.equal_rounds + 1 : 0;
        member.equal_heard = false;
        if (judged && member.equal_rounds > equal_rounds_allowed && !rules_.split_.contains(vhid_))
            complain(frame, "stays MASTER beside an equal one");
    }

    void deliver(const Frame &frame, const CarpHeader &advert) {
        if (rules_.split_.contains(vhid_) || !faults_.speaks(frame.host(), frame.time()))
            return;
        for (const std::string &name : members_) {
            if (name == frame.host() || !faults_.hears(name, frame.time()))
                continue;
            Member &other = at(name, frame.time());
            other.heard = Heard{frame.time(), advert.priority(), advert.bow_out(), frame.host()};
            if (advert.bow_out() && other.deadline) {
                // It had to go for the one that leaves now, and may come back at once.
                other.master = false;
                other.deadline.reset();
            }
            if (!other.master || advert.bow_out())
                continue;
            if (advert.priority() < other.priority && !other.deadline)
                other.deadline = frame.time() + under_way;
            if (advert.priority() == other.priority)
                other.equal_heard = true;
        }
    }

    void complain(const Frame &frame, const std::string &what) {
        complaints_.push_back("vhid " + std::to_string(vhid_) + ": " + what + ": " + frame.text());
    }

    const Invariants &rules_;
    const Faults &faults_;
    unsigned vhid_;
    std::vector<std::string> members_;
    std::map<std::string, Member> members_by_name_;
    std::vector<std::string> complaints_;
};

std::vector<std::string> Invariants::violations(const std::vector<StateChange> &changes) {
    const auto concerned = [](const Frame &frame) -> unsigned {
        if (const auto advert = frame.advert())
            return advert->vhid;
        return frame.claims_vhid();
    };
    std::map<unsigned, std::vector<Frame>> by_vhid;
    for (Frame &frame : capture_.select([&](const Frame &f) { return concerned(f) != 0; }))
        by_vhid[concerned(frame)].push_back(std::move(frame));

    std::vector<std::string> all;
    for (const auto &[vhid, frames] : by_vhid) {
        Judge judge(*this, wire_.faults(), vhid, wire_.hosts());
        std::vector<StateChange> reports;
        std::copy_if(changes.begin(), changes.end(), std::back_inserter(reports),
                     [v = vhid](const StateChange &change) { return change.vhid == v; });
        std::stable_sort(reports.begin(), reports.end(),
                         [](const auto &a, const auto &b) { return a.latest < b.latest; });
        auto report = reports.begin();
        for (const Frame &frame : frames) {
            for (; report != reports.end() && report->latest + decided < frame.time(); ++report)
                judge.take(*report);
            judge.take(frame);
        }
        all.insert(all.end(), judge.complaints().begin(), judge.complaints().end());
    }
    return all;
}

} // namespace e2e
