// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

namespace carpctl {

inline constexpr std::string_view help_text =
    R"(Usage: carpctl [-j] [-p] [-s] [-n NETNS] COMMAND

  create NAME               make a device, to be configured next
  configure NAME SETTING... change a device; all of the settings, or none
  show [NAME]               what it is, and why
  stats [--reset] [NAME | --total]
                            what it sent, received and dropped, by reason; or set that to zero
  stats --openmetrics [--output FILE] [NAME]
                            the same and more for a monitoring system
  state NAME                master, backup or init
  state NAME backup|master  ask for that state, once
  up NAME, down NAME        as 'ip link set NAME up' and down
  destroy NAME
  apply [--check] FILE...   make devices what their files NAME.carp say ('-': standard input)
  apply [--check] --system [NAME]...
                            the same with the files in /etc/systemd/network and its like
  dump [NAME] [--output DIR]
                            the files that say what the devices are
  import freebsd-rc|openbsd-hostname FILE [--output DIR|systemd]
                            [--parent THERE=HERE]... such files from rc.conf or hostname.carpN
  monitor [NAME]            a line for each thing that happens, until interrupted
  monitor --wire [NAME]     a line for each advert that passes an interface, or a device's parent
  scan PARENT [vhid N] [--time S] [passfile FILE ADDRESS...]
                            who speaks CARP or VRRP there, and whether key and list are ours
  doctor [NAME...] [--time S]
                            what is wrong, and what to do; 3 if anything is
  history NAME              its last changes of state, and why
  wait NAME STATE [--timeout S]
                            until it is master, backup or init; 3 if the time is over
  is-master NAME            0 if it is, 3 if not; prints nothing
  drain [TARGET]            give all addresses away and keep away; undrain [TARGET] ends it
  demote CAUSE N [TARGET]   make adverts slower by N/256 s (1..240); undemote CAUSE [TARGET]
  causes                    what demotes, and who said so
  verify NAME ADVERT [address A]
                            what an advert in hexadecimal digits ('-': standard input) was
                            signed with; 3 if it is not accepted
  reload-module [--check] [passfile FILE] [FILE...]
                            run the installed module; devices come back with the keys that their
                            files, or FILE..., tell or that is in the passfile
  version, help

SETTING := vhid N (1..255) | advbase N (0..255 s) | advskew N (0..254, 1/256 s)
         | pass KEY | passfile FILE ('-': standard input) | pass_fd N | pass_prompt
         | next_pass KEY | next_passfile FILE | next_pass_fd N | next_pass_prompt | no_next_pass
         | grace N (0..86400 s that a replaced key counts)
         | carpdev IF | preempt { inherit | on | off }
         | preempt_delay N (0..3600000 ms) | start_hold N (0..3600000 ms)
         | peer A[,A]... | mcast | peer6 A[,A]... | mcast6
         | announce_count N (1..100) | announce_interval N (0..60000 ms)
         | announce_refresh N (0..86400 s) | ADDRESS [ delete ]
TARGET  := group N (ip link set group) | dev NAME; without it every device
ADDRESS := A/LEN | inet A netmask M | inet A/LEN | inet6 A/LEN | inet6 A prefixlen LEN

A named address is ensured and the others stay, unlike with ifconfig; the device is brought up. With
neither carpdev nor a parent yet, the parent is the interface in whose subnet the first address lies.
'pass' can be seen by others while it is typed and in shell histories: prefer 'passfile'.
'pass_fd' reads an open descriptor, 'pass_prompt' asks on the terminal, unseen.
The next key is accepted, not sent: give it to all hosts, then make it the key of one after another.
Adverts go to the peers of a family alone, up to 16 of them, or with mcast to the multicast group.

  -j, --json     an array of objects; for show, stats, state, history, causes, scan, doctor, verify,
                 version and apply --check; of monitor one object a line
  -p, --pretty   JSON on several lines
  -s, --stats    counters as well
  -n, --netns    in that network namespace, a name or a path

Exit codes: 0 done; 1 not a command; 2 refused by the kernel, or a file cannot be used;
3 a condition is not met.
)";

} // namespace carpctl
