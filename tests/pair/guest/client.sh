# shellcheck shell=bash
# What the client can do: it is 192.168.1.2, serves DHCP, and asks the hosts for pages and echoes.

network_up() {
    modprobe e1000
    ip link set eth0 up
    ip addr add 192.168.1.2/24 dev eth0
    ip addr add 2001:db8::2/64 dev eth0 nodad
    mkdir -p /var/lib/misc /out
    : >/var/lib/misc/udhcpd.leases
    cat >/tmp/udhcpd.conf <<TEXT
interface eth0
start 192.168.1.200
end 192.168.1.220
static_lease 02:00:00:00:00:0a 192.168.1.3
option subnet 255.255.255.0
option lease 3600
TEXT
    udhcpd -S /tmp/udhcpd.conf
}

# No request is given up before five seconds: a busy machine is no failure.
page() { busybox wget -q -T 5 -O - "http://$1/"; }

# on_and_on NAME COMMAND...: until the end, in the background; /out/NAME has what it printed.
on_and_on() {
    local name=$1
    shift
    rm -f "/tmp/$name-end" "/tmp/$name-ended"
    {
        while [ ! -e "/tmp/$name-end" ]; do "$@"; done
        touch "/tmp/$name-ended"
    } >"/out/$name" 2>&1 &
}

end() {
    local name
    for name; do touch "/tmp/$name-end"; done
    for name; do until [ -e "/tmp/$name-ended" ]; do sleep 0.2; done; done
}

# stream NAME HOST: one request after the other; answers says who answered, in their order.
stream() { on_and_on "$1" ask "$2"; }
ask() {
    page "$1" 2>/dev/null || echo failed
    sleep 0.05
}
answers() { uniq -c "/out/$1" | awk '{ print $1, $2 }' | paste -sd' '; }

# echoes ADDRESS: what answers is in the capture.
echoes() { on_and_on "$1" ping -q -c 20 -i 0.1 "$1"; }
