# shellcheck shell=bash
# What a host can be asked for.

addresses() { ip -o address show dev "$1" | awk '{ print $4 }' | paste -sd' '; }
setup_of() { networkctl list --no-legend --no-pager | awk -v name="$1" '$2 == name { print $NF }'; }

# All that must not change while a host is only worked on.
condition() {
    local device
    for device in carp0 carp1 carp2; do echo "$device: $(carpctl state "$device") $(addresses "$device")"; done
    ip -d -j link show type carp | grep -oE '"transitions":[0-9]+' | paste -sd' '
}

# What the maintainer scripts of systemd and udev do to what runs when their packages are upgraded.
upgrade_systemd() {
    systemctl daemon-reexec
    systemctl try-restart systemd-networkd.service
    systemctl try-restart systemd-journald.service
    systemctl daemon-reload
    systemctl restart systemd-udevd.service
    systemctl restart systemd-sysctl.service
}

# import_rc_conf BASE64: instead of all that is there.
import_rc_conf() {
    rm -f /etc/systemd/network/*
    base64 -d <<<"$1" >/tmp/hosta.rc.conf
    carpctl import freebsd-rc /tmp/hosta.rc.conf --output systemd --parent fxp0=eth0
}
