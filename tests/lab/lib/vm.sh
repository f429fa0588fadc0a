# shellcheck shell=bash
# Starting a guest: QEMU for the releases' kernels, user-mode Linux for the debug kernel. Sourced
# by run, whose options these functions read: KERNEL, RUN_DIR, REAL_TIME, SHIFT, MEMORY, TIMEOUT,
# APPEND, NIC, QEMU. In RUN_DIR the guest leaves console, stdout, stderr and archive.tar, and with a NIC
# nic.pcap, in which the emulator notes what passes it.

# panic=-1 with -no-reboot ends the emulator; the seed makes the guest's random numbers repeat.
start_qemu() {
    local processors=1 clock slack=0
    # In virtual time two processors take turns, wherever an interrupt or a wait for the other one
    # falls, and again in the same way. Checkers make all take longer, also of the clock's time.
    if [ "$KERNEL" = debug-x86 ]; then processors=2 slack=100; fi
    clock=(-accel tcg -icount "shift=$SHIFT,sleep=off" -rtc "base=2026-01-01,clock=vm" -smp "$processors" -seed 1)
    if [ "$REAL_TIME" = yes ]; then
        clock=(-accel "tcg,thread=multi" -smp 2)
        slack=$((slack * 3 + 100))
    fi
    # What tests may add to every time they assert, in ms.
    if [ "$slack" -gt 0 ]; then APPEND="lab.slack=$slack $APPEND"; fi
    local nic=()
    if [ "$NIC" = yes ]; then
        nic=(-netdev "hubport,id=wire,hubid=0" -device "e1000,netdev=wire,mac=02:00:00:00:00:01"
            -object "filter-dump,id=dump,netdev=wire,file=$RUN_DIR/nic.pcap")
    fi
    exec timeout --kill-after=5 "$TIMEOUT" qemu-system-x86_64 -M q35 -cpu qemu64 "${clock[@]}" -m "$MEMORY" \
        -nodefaults -no-user-config -display none -no-reboot \
        -serial "file:$RUN_DIR/console" \
        -chardev "file,id=out,path=$RUN_DIR/stdout" -chardev "file,id=err,path=$RUN_DIR/stderr" \
        -chardev "file,id=archive,path=$RUN_DIR/archive.tar" -chardev null,id=none \
        -device pci-serial-4x,chardev1=out,chardev2=err,chardev3=archive,chardev4=none \
        "${nic[@]}" "${QEMU[@]}" -kernel "$LAB_BUILD/$KERNEL/vmlinuz" -initrd "$RUN_DIR/initrd" \
        -append "console=ttyS0 loglevel=5 panic=-1 no_timer_check tsc=reliable nokaslr \
cryptomgr.notests mitigations=off 8250.nr_uarts=8 lab.ports=ttyS4,ttyS5,ttyS6 $APPEND"
}

# The debug kernel was linked in trixie's tree and runs in it. Its simulated processor is infinitely
# fast, so that its checkers cost no guest time.
start_uml() {
    local clock=(time-travel=inf-cpu)
    if [ "$REAL_TIME" = yes ]; then clock=(); fi
    ln -f "$LAB_BUILD/debug/obj/linux" "$RUN_DIR/linux"
    # shellcheck disable=SC2086,SC2016
    in_tree trixie "$RUN_DIR" timeout --kill-after=5 "$TIMEOUT" sh -c \
        'exec /out/linux "$@" 5>/out/stdout 6>/out/stderr 7>/out/archive.tar </dev/null >/out/console 2>&1' \
        linux "mem=${MEMORY}M" initrd=/out/initrd con=null con0=null,fd:1 ssl=null \
        ssl1=null,fd:5 ssl2=null,fd:6 ssl3=null,fd:7 loglevel=5 panic=-1 \
        bonding.max_bonds=0 dummy.numdummies=0 "${clock[@]}" $APPEND
}

start_vm() {
    if [ "$KERNEL" = debug ]; then start_uml; else start_qemu; fi
}
