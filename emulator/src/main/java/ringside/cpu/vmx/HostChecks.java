package ringside.cpu.vmx;

import static ringside.cpu.vmx.EntryCheck.host;
import static ringside.cpu.vmx.VmcsField.*;

import java.util.List;
import java.util.stream.Stream;
import ringside.cpu.SystemState;

/** SDM 3C, Checks on Host-State Area: VMLAUNCH and VMRESUME fail with error 8 where one does not hold. */
final class HostChecks {
    private static final int TI_AND_RPL = 7;

    // spotless:off
    static final List<EntryCheck> ALL = List.of(
            // SDM 3C, Checks on Host Control Registers and MSRs.
            host("host CR0 with the bits that VMX operation fixes",
                    e -> e.capabilities().allowsCr0(e.get(HOST_CR0), false)),
            host("host CR4 with the bits that VMX operation fixes",
                    e -> e.capabilities().allowsCr4(e.get(HOST_CR4))),
            host("host CR3 within the physical address width",
                    e -> ProposedEntry.isPhysical(e.get(HOST_CR3))),
            host("host IA32_SYSENTER_ESP and IA32_SYSENTER_EIP canonical",
                    e -> e.isCanonical(HOST_IA32_SYSENTER_ESP_MSR) && e.isCanonical(HOST_IA32_SYSENTER_EIP_MSR)),
            host("host IA32_PAT, if loaded, of memory types",
                    e -> !e.vmcs().atExit(Vmcs.LOAD_HOST_PAT) || e.isPat(HOST_IA32_PAT)),
            host("host IA32_EFER, if loaded, without reserved bits, LMA and LME as the host address-space size",
                    e -> !e.vmcs().atExit(Vmcs.LOAD_HOST_EFER) || isHostEfer(e)),

            // SDM 3C, Checks on Host Segment and Descriptor-Table Registers.
            host("host selectors with TI and RPL 0",
                    HostChecks::areHostSelectors),
            host("host CS and TR not null",
                    e -> e.get(HOST_CS_SELECTOR) != 0 && e.get(HOST_TR_SELECTOR) != 0),
            host("host SS not null, in a host that is not in 64-bit mode",
                    e -> e.longModeHostAfterwards() || e.get(HOST_SS_SELECTOR) != 0),
            host("host bases of FS, GS, TR, GDTR, IDTR canonical",
                    e -> Stream.of(HOST_FS_BASE, HOST_GS_BASE, HOST_TR_BASE, HOST_GDTR_BASE, HOST_IDTR_BASE)
                            .allMatch(e::isCanonical)),

            // SDM 3C, Checks Related to Address-Space Size.
            host("host address-space size as the processor is in IA-32e mode now",
                    e -> e.longModeHostAfterwards() == e.longModeHost()),
            host("an IA-32e mode guest only of an IA-32e mode host",
                    e -> e.longModeHost() || !e.longModeGuest()),
            host("CR4.PAE and a canonical RIP in an IA-32e mode host",
                    e -> !e.longModeHostAfterwards()
                            || (e.get(HOST_CR4) & SystemState.PHYSICAL_ADDRESS_EXTENSION) != 0 && e.isCanonical(HOST_RIP)),
            host("RIP of 32 bits in another host",
                    e -> e.longModeHostAfterwards() || e.fits32Bits(HOST_RIP)));
    // spotless:on

    private HostChecks() {}

    private static boolean isHostEfer(ProposedEntry e) {
        long efer = e.get(HOST_IA32_EFER);
        boolean active = (efer & SystemState.LONG_MODE_ACTIVE) != 0;
        boolean enabled = (efer & SystemState.LONG_MODE_ENABLE) != 0;
        return ProposedEntry.isEfer(efer)
                && active == e.longModeHostAfterwards()
                && enabled == e.longModeHostAfterwards();
    }

    private static boolean areHostSelectors(ProposedEntry e) {
        return Stream.of(
                        HOST_ES_SELECTOR,
                        HOST_CS_SELECTOR,
                        HOST_SS_SELECTOR,
                        HOST_DS_SELECTOR,
                        HOST_FS_SELECTOR,
                        HOST_GS_SELECTOR,
                        HOST_TR_SELECTOR)
                .allMatch(field -> (e.get(field) & TI_AND_RPL) == 0);
    }
}
