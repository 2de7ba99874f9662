#!/bin/sh
# Runs a kernel for Xen as domain 0 of the real Xen, which QEMU translates: ./xen.sh XEN [KERNEL]
# XEN is the hypervisor, unpacked: on Debian, zcat /boot/xen-4.20-amd64.gz > xen. Its text and the kernel's come by COM1.
cd "$(dirname "$0")" || exit 2
xen=${1:?which Xen? zcat /boot/xen-4.20-amd64.gz writes it unpacked}
case ${2:-@FIRST@} in
*pvh*) set -- "$xen" "${2:-@FIRST@}" "dom0=pvh iommu=1" -machine q35 -cpu EPYC,+svm,+npt,+x2apic -device amd-iommu -m 512 ;;
*) set -- "$xen" "${2:-@FIRST@}" "" -machine pc -cpu max -m 384 ;;
esac
kernel=$2 options=$3
shift 3
exec qemu-system-x86_64 -accel tcg "$@" -display none -nodefaults -serial stdio -no-reboot \
    -kernel "$xen" -initrd "$kernel" -append "com1=115200,8n1 console=com1 dom0_mem=@MEGABYTES@M sync_console noreboot $options"
