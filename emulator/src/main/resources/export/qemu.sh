#!/bin/sh
# Runs @NAME@ on QEMU: translated by QEMU itself, or with --kvm on the host's processor. COM1 is standard output; what else is given goes to QEMU.
cd "$(dirname "$0")" || exit 2
if [ "${1:-}" = --kvm ]; then
    shift
    set -- -accel kvm -cpu host "$@"
else
    set -- -accel tcg -cpu max "$@"
fi
exec qemu-system-x86_64 -machine pc -m @MEGABYTES@ -nodefaults -display none -serial stdio -no-reboot \
    -device isa-debug-exit,iobase=0xf4,iosize=4 @BOOT@ "$@"
