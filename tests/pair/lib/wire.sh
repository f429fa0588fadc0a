# shellcheck shell=bash
# What passed on the wire, as the emulator between the hosts noted it: one line for each event, with
# the time, who sent it and what it is. Sourced by run, after guests.sh.
#
#   TIME HOST advert VHID ADVBASE ADVSKEW
#   TIME HOST mark WORD
#   TIME HOST dhcp

# Senders of adverts have a host's own address, of either family; marks say themselves whose they are.
# shellcheck disable=SC2016 # awk's, not the shell's
ADVERTS='
{ from = $3 }
/192\.168\.1\.3 >|fe80::ff:fe00:a >/ { from = "hosta" }
/192\.168\.1\.4 >|fe80::ff:fe00:b >/ { from = "hostb" }
/CARPv2-advertise/ && match($0, /vhid=[0-9]+ advbase=[0-9]+ advskew=[0-9]+/) {
    values = substr($0, RSTART, RLENGTH)
    gsub(/[a-z]+=/, "", values)
    print $1, from, "advert", values
}'
# shellcheck disable=SC2016
WORDS='
/^[0-9]+\.[0-9]+ / { time = $1 }
/BOOTP\/DHCP, Request/ { print time, "hosta", "dhcp" }
match($0, /mark [a-z0-9 -]+$/) {
    split(substr($0, RSTART, RLENGTH), words, " ")
    print time, words[2], "mark", words[3]
}'

captured() {
    in_tree "$RELEASE" "$LAB_BUILD/out/$(guest_name client)/lab" tcpdump -tt -n "$@" -r /out/nic.pcap 2>/dev/null || true
}

wire() {
    {
        captured -T carp 'proto 112 or ip6 proto 112' | awk "$ADVERTS"
        captured -A 'udp dst port 9 or udp dst port 67' | awk "$WORDS"
    } | sort -s -n -k 1,1
}

# wire_since LINES: without those that were there before.
wire_so_far() { wire | wc -l; }
wire_since() { wire | tail -n "+$(($1 + 1))"; }

# echoes_since LINES: how many echoes were asked for, and how many of them nobody answered: late is not
# lost.
echoes_so_far() { echo_lines | wc -l; }
echoes_since() {
    echo_lines | tail -n "+$(($1 + 1))" | awk '
        /echo request/ { asked++ }
        match($0, /id [0-9]+, seq [0-9]+/) {
            echo = substr($0, RSTART, RLENGTH)
            if (/echo request/) open[echo] = 1; else delete open[echo]
        }
        END { for (echo in open) lost++; print asked + 0, lost + 0 }'
}
echo_lines() { captured 'icmp[0] == 0 or icmp[0] == 8 or icmp6[0] == 128 or icmp6[0] == 129'; }
