package ringside.image;

import java.util.List;
import ringside.mmu.SegmentRegister;

/**
 * The registers of the processor before the guest's first instruction, as data. What is not here is as after a reset,
 * and 0 where a reset leaves it open. A20 is never masked.
 *
 * @param bits the size of the code: 16 (real mode), 32 (protected mode without paging) or 64 (long mode)
 * @param general RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15, in the manual's order of numbers
 * @param rip offset of the first instruction in CS
 * @param rflags flags; interrupts are disabled
 * @param segments ES, CS, SS, DS, FS, GS, in the manual's order of numbers, hidden parts included
 * @param tr task register
 * @param ldtr local descriptor table register
 * @param gdtr global descriptor table register
 * @param idtr interrupt descriptor table register
 */
public record StartState(
        int bits,
        List<Long> general,
        long rip,
        long rflags,
        long cr0,
        long cr3,
        long cr4,
        long efer,
        List<SegmentRegister.State> segments,
        SegmentRegister.State tr,
        SegmentRegister.State ldtr,
        Table gdtr,
        Table idtr) {

    /**
     * A descriptor-table register.
     *
     * @param base linear address
     * @param limit offset of the last byte, 0 to FFFFH
     */
    public record Table(long base, int limit) {}

    public StartState {
        general = List.copyOf(general);
        segments = List.copyOf(segments);
    }
}
