# SPDX-License-Identifier: GPL-2.0-only
"""Whether the module does what Documentation/netlink/specs says, asked by the kernel's ynl.

Runs in a guest, from the bundle that tests/ynl/prepare makes.
"""

import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
from ynl import Netlink, NlError, YnlFamily  # noqa: E402

KEY = b"mekmitasdigoat".hex()
CREATE = [Netlink.NLM_F_CREATE, Netlink.NLM_F_EXCL]
ADDRESSES = ["192.168.1.50/24", "2001:db8:1::50/64"]


def run(*words):
    subprocess.run(words, check=True)


def family(name, **options):
    return YnlFamily(str(HERE / "specs" / f"{name}.yaml"), schema="", **options)


class Host:
    """A namespace with eth0 and sockets in it."""

    def __init__(self, name, address):
        self.name = name
        self.ip("link", "set", "lo", "up")
        self.ip("address", "add", address, "dev", "eth0")
        self.ip("link", "set", "eth0", "up")
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{name}", os.O_RDONLY)
        os.setns(there)
        # A kernel newer than this tool tells more of a link than the tool has words for.
        self.link = family("rt_link", process_unknown=True)
        # This tool cannot point into a message within a message.
        self.link._decode_extack = lambda *_: None
        self.carp = family("carp")
        self.leases = family("carp")
        self.control = family("nlctrl")
        self.events = family("carp")
        self.events.ntf_subscribe("events")
        os.setns(home)
        os.close(home)
        os.close(there)

    def ip(self, *words):
        run("ip", "-n", self.name, *words)

    def sysctl(self, name, value):
        run("ip", "netns", "exec", self.name, "sysctl", "-qw", f"{name}={value}")

    def index(self, device):
        return self.link.do("getlink", {"ifname": device})["ifi-index"]

    def create(self, **settings):
        data = {"vhid": 1, "key": KEY, **settings}
        self.link.do(
            "newlink",
            {
                "ifname": "carp0",
                "link": self.index("eth0"),
                "linkinfo": {"kind": "carp", "data": data},
            },
            CREATE,
        )
        for address in ADDRESSES:
            self.ip("address", "add", address, "dev", "carp0")
        self.ip("link", "set", "carp0", "up")

    def set(self, **settings):
        self.link.do("newlink", {"ifname": "carp0", "linkinfo": {"kind": "carp", "data": settings}})

    def data(self):
        told = self.link.do("getlink", {"ifname": "carp0"})["linkinfo"]["data"]
        unspecified = [name for name in told if name.startswith("Unknown")]
        assert not unspecified, f"not in the specification: {unspecified}"
        return told

    def remove(self):
        self.link.do("dellink", {"ifname": "carp0"})

    def take_events(self):
        self.events.check_ntf()
        taken, self.events.async_msg_queue = self.events.async_msg_queue, []
        return taken


def attributes_of(space):
    return [attribute for _, attribute in space.items()]


def refusal(test, function, *arguments, **named):
    with test.assertRaises(NlError) as caught:
        function(*arguments, **named)
    return caught.exception.nl_msg


class Contract(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for name in ("a", "b"):
            run("ip", "netns", "add", name)
        run("ip", "-n", "a", "link", "add", "eth0", "type", "veth", "peer", "eth0", "netns", "b")
        cls.a = Host("a", "192.168.1.3/24")
        cls.b = Host("b", "192.168.1.4/24")
        cls.link_spec = cls.a.link.attr_sets["linkinfo-carp-attrs"]

    def setUp(self):
        self.a.create()
        self.b.create(advskew=100)
        time.sleep(5)

    def tearDown(self):
        for host in (self.a, self.b):
            host.remove()
            host.take_events()

    def speak_ipv6_alone(self):
        for host in (self.a, self.b):
            host.ip("address", "del", ADDRESSES[0], "dev", "carp0")
        # For some seconds a farewell is said with the list before, too.
        time.sleep(10)

    def check_told(self, operation, mode, told):
        """What was told is what is listed, all of it."""
        spec = self.a.carp.msgs[operation].yaml[mode]
        listed = set((spec["reply"] if mode != "event" else spec)["attributes"])
        seen = set()
        for message in told:
            seen |= set(message)
        self.assertEqual(seen, listed, operation)

    # What the kernel says of the family.

    def test_operations(self):
        told = {}
        for entry in self.a.control.do("getfamily", {"family-name": "carp"})["ops"]:
            for operation in entry.values():
                told[operation["id"]] = operation["flags"]
        for name, operation in self.a.carp.ops.items():
            flags = {"cmd-cap-haspol"}
            flags |= {f"cmd-cap-{mode}" for mode in ("do", "dump") if mode in operation.yaml}
            if "admin-perm" in operation.yaml.get("flags", []):
                flags.add("uns-admin-perm")
            self.assertEqual(told.pop(operation.req_value), flags, name)
        self.assertEqual(told, {}, "operations that are not specified")

    def test_groups(self):
        groups = self.a.control.do("getfamily", {"family-name": "carp"})["mcast-groups"]
        names = [group["name"] for entry in groups for group in entry.values()]
        self.assertEqual(names, list(self.a.carp.mcast_groups))

    def test_every_attribute_has_a_policy(self):
        """Lengths and ranges are the module's to refuse, with a better text than the core's."""
        told = set()
        for message in self.a.control.dump("getpolicy", {"family-name": "carp"}):
            if "policy" in message:
                told.add(message["policy"]["attr-id"])
        self.assertEqual(told, {a.value for a in attributes_of(self.a.carp.attr_sets["carp"])})

    def test_what_a_request_may_not_have(self):
        """Every attribute that is not listed for a request is refused by name."""
        values = {"string": "carp0", "binary": "00" * 16, "nest": {}}
        for name, operation in self.a.carp.ops.items():
            if "do" not in operation.yaml:
                continue
            listed = set(operation.yaml["do"]["request"]["attributes"])
            for attribute in attributes_of(self.a.carp.attr_sets["carp"]):
                if attribute.name in listed or attribute["type"] == "pad":
                    continue
                value = values.get(attribute["type"], 0)
                said = refusal(self, self.a.carp.do, name, {attribute.name: value})
                if attribute["type"] == "nest":
                    continue
                short = attribute.name
                short = short.replace("cause-", "cause ").replace("-", "_")
                self.assertIn(f"carp: {short}: ", said.extack["msg"], name)

    # Every attribute of every answer and event.

    def test_devices(self):
        self.a.carp.do("demote", {"cause-name": "test", "cause-value": 7})
        self.a.set(**{"force-state": "backup"})
        time.sleep(5)
        everything = []
        for host in (self.a, self.b):
            for told in (
                [host.carp.do("device-get", {"ifname": "carp0"})],
                [host.carp.do("device-get", {"ifindex": host.index("carp0")})],
                host.carp.dump("device-get", {}),
            ):
                self.assertEqual(len(told), 1)
                self.assertEqual(told[0]["ifname"], "carp0")
                everything += told
        self.speak_ipv6_alone()
        for host in (self.a, self.b):
            host.set(**{"force-state": "backup"})
            time.sleep(0.1)
        told = [host.carp.do("device-get", {"ifname": "carp0"}) for host in (self.a, self.b)]
        self.check_told("device-get", "do", everything + told)
        self.assertEqual(told[0]["state"], "backup" if told[1]["state"] == "master" else "master")
        seen = set()
        for transition in told[0]["transition"] + told[1]["transition"]:
            seen |= set(transition)
        self.assertEqual(seen, set(self.a.carp.attr_sets["transition"]))
        self.assertEqual(told[0]["demotion"], 7)
        self.a.carp.do("undemote", {"cause-name": "test"})

    def test_causes(self):
        self.a.take_events()
        self.a.ip("link", "set", "carp0", "group", "5")
        self.a.carp.do("demote", {"cause-name": "all", "cause-value": 1})
        self.a.carp.do("demote", {"cause-name": "some", "cause-value": 2, "group": 5})
        self.a.carp.do("demote", {"cause-name": "one", "cause-value": 4, "ifname": "carp0"})
        self.a.leases.do(
            "demote", {"cause-name": "lent", "cause-value": 8, "cause-flags": ["lease"]}
        )
        told = {cause["cause-name"]: cause for cause in self.a.carp.dump("cause-get", {})}
        self.check_told("cause-get", "dump", told.values())
        self.assertEqual(told["all"]["cause-scope"], "net")
        self.assertEqual(told["some"]["cause-scope"], "group")
        self.assertEqual(told["one"]["cause-scope"], "device")
        self.assertEqual(told["lent"]["cause-owner"], "socket")
        self.assertEqual(told["lent"]["cause-flags"], {"lease"})
        self.assertEqual(self.a.data()["demotion"], 15)
        self.a.leases.sock.close()
        for cause, where in (("all", {}), ("some", {"group": 5}), ("one", {"ifname": "carp0"})):
            self.a.carp.do("undemote", {"cause-name": cause, **where})
        self.assertEqual(self.a.carp.dump("cause-get", {}), [])
        self.assertEqual(self.a.data()["demotion"], 0)
        events = [e["msg"] for e in self.a.take_events() if e["name"] == "demotion-ntf"]
        self.check_told("demotion-ntf", "event", events)
        self.assertEqual([e["cause-value"] for e in events], [1, 2, 4, 8, 0, 0, 0, 0])

    def test_range_of_a_cause(self):
        for value in (0, 241):
            said = refusal(
                self, self.a.carp.do, "demote", {"cause-name": "test", "cause-value": value}
            )
            self.assertIn("1..240", said.extack["msg"])
        for length in (0, 32):
            said = refusal(
                self, self.a.carp.do, "demote", {"cause-name": "x" * length, "cause-value": 1}
            )
            self.assertIn("1..31", said.extack["msg"])

    def test_counters(self):
        device = self.a.carp.do("counters-get", {"ifname": "carp0"})
        own = {"change", "margin", "margin-sum"}
        self.assertEqual(set(device), {"boot-id", "ifindex", "ifname", "counters"} | own)
        spec = set(self.a.carp.attr_sets["counters"]) - {"pad"}
        self.assertEqual(set(device["counters"]), spec)
        self.assertGreater(device["counters"]["tx4"], 0)
        for nest in ("change", "margin"):
            self.assertEqual(
                set().union(*(set(one) for one in device[nest])), set(self.a.carp.attr_sets[nest])
            )
        self.check_told("counters-get", "dump", self.a.carp.dump("counters-get", {}))
        all_of_them = self.a.carp.do("counters-get", {})
        self.assertEqual(set(all_of_them), {"boot-id", "counters"})
        self.a.carp.do("counters-reset", {"ifname": "carp0"})
        again = self.a.carp.do("counters-get", {"ifname": "carp0"})["counters"]
        self.assertEqual(again["announces"], 0)
        self.a.carp.do("counters-reset", {})
        self.assertEqual(self.a.carp.do("counters-get", {})["counters"]["announces"], 0)

    def advert(self):
        """The CARP header of an advert as host B hears it."""
        capture = subprocess.run(
            "ip netns exec b tcpdump -i eth0 -c 1 -xx -n 'ip proto 112' 2>/dev/null",
            shell=True,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        bytes_ = "".join(re.findall(r"0x[0-9a-f]{4}:((?: +[0-9a-f]{2,4})+)", capture))
        frame = bytes.fromhex(bytes_.replace(" ", ""))
        return frame[34 : 34 + 36].hex()

    def test_verify(self):
        advert = self.advert()
        told = []

        def ask(**more):
            told.append(self.b.carp.do("verify", {"ifname": "carp0", "advert": advert, **more}))
            return told[-1]["match"]

        self.assertEqual(ask(), "present")
        self.b.set(key=b"other".hex())
        self.assertEqual(ask(), "old-key")
        # The last two words of the digest change places, which the checksum does not notice.
        genuine, advert = advert, advert[:-8] + advert[-4:] + advert[-8:-4]
        self.assertEqual(ask(), "none")
        advert = genuine
        self.b.set(**{"key-next": KEY})
        self.assertEqual(ask(), "key-next")
        for address in ("192.168.1.51/24", "2001:db8:1::51/64"):
            # A new one, which has no lists that it had before.
            self.b.remove()
            self.b.create(advskew=100)
            self.b.ip("address", "add", address, "dev", "carp0")
            self.assertEqual(ask(), "addr-less")
        self.check_told("verify", "do", told)

    def test_events(self):
        for host in (self.a, self.b):
            host.take_events()
        self.a.set(**{"force-state": "backup"})
        time.sleep(0.1)
        events = [e["msg"] for e in self.b.take_events() if e["name"] == "transition-ntf"]
        self.assertEqual([(e["old-state"], e["state"]) for e in events], [("backup", "master")])
        self.assertEqual(events[0]["reason"], "bow-out")
        self.b.set(**{"force-state": "backup"})
        time.sleep(0.1)
        events += [e["msg"] for e in self.a.take_events() if e["name"] == "transition-ntf"]
        self.speak_ipv6_alone()
        for host in (self.a, self.b):
            host.set(**{"force-state": "backup"})
            time.sleep(0.1)
        for host in (self.a, self.b):
            events += [e["msg"] for e in host.take_events() if e["name"] == "transition-ntf"]
        self.check_told("transition-ntf", "event", events)

    def test_refused(self):
        self.a.take_events()
        self.b.set(grace=0)
        self.b.set(key=b"other".hex())
        time.sleep(10)
        self.speak_ipv6_alone()
        time.sleep(5)
        events = [e["msg"] for e in self.a.take_events() if e["name"] == "refused-ntf"]
        self.check_told("refused-ntf", "event", events)
        self.assertEqual({e["counter"] for e in events}, {"badauth"})

    # rtnetlink.

    def test_link_ranges(self):
        ranges = 0
        for name, attribute in self.link_spec.items():
            checks = attribute.yaml.get("checks", {})
            if "max" not in checks or name in ("vhid", "force-state"):
                continue
            ranges += 1
            low, high = checks.get("min", 0), checks["max"]
            enum = attribute.yaml.get("enum")
            for value in (high, low):
                self.a.set(**{name: value})
                told = self.a.data()[name]
                if enum:
                    told = self.a.link.consts[enum].entries[told].value
                self.assertEqual(told, value, name)
            for value in ([low - 1] if low else []) + [high + 1]:
                said = refusal(self, self.a.set, **{name: value})
                self.assertEqual(said.error, -34, name)
                self.assertIn(name.replace("-", "_"), said.extack["msg"])
                self.assertIn(f"{low}..{high}", said.extack["msg"])
        self.assertGreaterEqual(ranges, 9)

    def test_link_lengths(self):
        for name, attribute in self.link_spec.items():
            checks = attribute.yaml.get("checks", {})
            if "max-len" not in checks:
                continue
            for length in (checks.get("min-len", 0), checks["max-len"]):
                self.a.set(**{name: "61" * length if name == "key" else "63" * length})
            wrong = [checks["max-len"] + 1]
            if checks.get("min-len"):
                wrong.append(checks["min-len"] - 1)
            for length in wrong:
                said = refusal(self, self.a.set, **{name: "62" * length})
                self.assertEqual(said.error, -34, name)

    def test_link_read_only(self):
        read_only = [
            name
            for name, attribute in self.link_spec.items()
            if "read-only" in attribute.yaml.get("doc", "").lower()
            or attribute.yaml.get("doc") == "Likewise."
            and name == "master-addr6"
        ]
        self.assertGreaterEqual(len(read_only), 14)
        told = self.b.data()
        for name in read_only:
            attribute = self.link_spec[name]
            value = {"nest": {}, "binary": "00" * 16}.get(attribute["type"], 1)
            if name in told and attribute["type"] not in ("nest", "binary"):
                value = 0
            said = refusal(self, self.a.set, **{name: value})
            self.assertEqual(said.error, -1, name)
            self.assertIn("read-only", said.extack["msg"])

    def test_link_everything_is_told(self):
        """Every attribute but the write-only ones, in one state or another."""
        seen = set()
        self.b.set(peers4={"addr4": [int.from_bytes(bytes([192, 168, 1, 3]), "big")]})
        self.b.set(peers6={"addr6": ["20010db8" + "0" * 23 + "3"]})
        seen |= set(self.b.data()) | set(self.a.data())
        self.b.set(peers4={}, peers6={}, **{"start-hold": 3600000, "preempt": "on", "preempt-delay": 3600000})
        self.b.ip("link", "set", "eth0", "down")
        self.b.ip("link", "set", "eth0", "up")
        time.sleep(5)
        seen |= set(self.b.data())
        self.b.set(**{"start-hold": 0})
        self.a.set(advskew=200)
        time.sleep(5)
        seen |= set(self.b.data())
        self.b.set(grace=0)
        self.a.set(key=b"other".hex())
        time.sleep(1)
        seen |= set(self.b.data())
        write_only = {
            name
            for name, attribute in self.link_spec.items()
            if "write-only" in attribute.yaml.get("doc", "").lower()
        }
        self.assertEqual(seen | write_only, set(self.link_spec) - {"pad"})
        self.assertEqual(seen & write_only, set())


if __name__ == "__main__":
    unittest.main(verbosity=2)
