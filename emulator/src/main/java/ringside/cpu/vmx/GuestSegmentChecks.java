package ringside.cpu.vmx;

import static ringside.cpu.SystemState.CS;
import static ringside.cpu.SystemState.FS;
import static ringside.cpu.SystemState.SS;
import static ringside.cpu.vmx.EntryCheck.guest;
import static ringside.cpu.vmx.VmcsField.*;

import java.util.List;
import ringside.cpu.Cpu;
import ringside.mmu.SegmentRegister;

/** SDM 3C, Checks on Guest Segment Registers, and on Guest Descriptor-Table Registers: the entry fails with reason 33 where one does not hold. */
final class GuestSegmentChecks {
    private static final int LDTR = 6;
    private static final int TR = 7;

    private static final int TABLE_INDICATOR = 1 << 2;
    private static final int RESERVED_RIGHTS = 0xFFFE_0F00;

    /** Present, DPL 3, read/write data, accessed. */
    private static final int VIRTUAL_8086_RIGHTS = 0xF3;

    private static final int READ_WRITE_ACCESSED = 3;
    private static final int EXPAND_DOWN_ACCESSED = 7;
    private static final int LDT = 2;
    private static final int BUSY_TSS_16 = 3;
    private static final int BUSY_TSS = 11;

    // spotless:off
    static final List<EntryCheck> ALL = List.of(
            guest("TR with TI 0",
                    e -> (selector(e, TR) & TABLE_INDICATOR) == 0),
            guest("LDTR, if usable, with TI 0",
                    e -> !usable(e, LDTR) || (selector(e, LDTR) & TABLE_INDICATOR) == 0),
            guest("SS with the RPL of CS, outside virtual-8086 mode, unless the guest is unrestricted",
                    e -> e.virtual8086() || e.unrestricted() || rpl(e, SS) == rpl(e, CS)),

            guest("virtual-8086 segments with the base that their selector gives",
                    e -> !e.virtual8086() || each(e, i -> base(e, i) == (long) selector(e, i) << 4)),
            guest("virtual-8086 segments with limit FFFFH",
                    e -> !e.virtual8086() || each(e, i -> limit(e, i) == 0xFFFF)),
            guest("virtual-8086 segments with access rights F3H",
                    e -> !e.virtual8086() || each(e, i -> rights(e, i) == VIRTUAL_8086_RIGHTS)),

            guest("bases of TR, FS, GS and of a usable LDTR canonical",
                    e -> Cpu.isCanonical(base(e, TR)) && Cpu.isCanonical(base(e, FS)) && Cpu.isCanonical(base(e, FS + 1))
                            && (!usable(e, LDTR) || Cpu.isCanonical(base(e, LDTR)))),
            guest("bases of CS and of usable SS, DS, ES within 32 bits",
                    e -> each(e, i -> i >= FS || !counts(e, i) || base(e, i) >>> 32 == 0)),

            guest("CS of an accessed code type, or read/write accessed data in an unrestricted guest",
                    e -> e.virtual8086() || isCodeType(e)),
            guest("a usable SS of read/write accessed data",
                    e -> e.virtual8086() || !usable(e, SS)
                            || type(e, SS) == READ_WRITE_ACCESSED || type(e, SS) == EXPAND_DOWN_ACCESSED),
            guest("usable DS, ES, FS, GS accessed, and readable where they are code",
                    e -> e.virtual8086() || each(e, i -> i == CS || i == SS || !usable(e, i) || isReadable(type(e, i)))),
            guest("CS and usable segments are code or data",
                    e -> e.virtual8086() || each(e, i -> !counts(e, i) || has(e, i, SegmentRegister.CODE_OR_DATA))),
            guest("DPL of CS as its type and SS ask for",
                    e -> e.virtual8086() || isCodeRing(e)),
            guest("DPL of SS its RPL, unless the guest is unrestricted; 0 in real mode and beside a CS of type 3",
                    e -> e.virtual8086() || isStackRing(e)),
            guest("DPL of usable data and non-conforming code segments not below their RPL, unless the guest is unrestricted",
                    e -> e.virtual8086() || e.unrestricted()
                            || each(e, i -> i == CS || i == SS || !usable(e, i) || type(e, i) > 11 || dpl(e, i) >= rpl(e, i))),
            guest("CS and usable segments present",
                    e -> e.virtual8086() || each(e, i -> !counts(e, i) || has(e, i, SegmentRegister.PRESENT))),
            guest("reserved access rights of CS and usable segments 0",
                    e -> e.virtual8086() || each(e, i -> !counts(e, i) || (rights(e, i) & RESERVED_RIGHTS) == 0)),
            guest("not both L and D in CS of an IA-32e mode guest",
                    e -> !e.longModeGuest() || !has(e, CS, SegmentRegister.LONG) || !has(e, CS, SegmentRegister.BIG)),
            guest("G of CS and usable segments fits their limit",
                    e -> e.virtual8086() || each(e, i -> !counts(e, i) || fitsLimit(e, i))),

            guest("TR of a busy TSS; of 32 or 64 bits in an IA-32e mode guest",
                    e -> type(e, TR) == BUSY_TSS || type(e, TR) == BUSY_TSS_16 && !e.longModeGuest()),
            guest("TR of a system segment, present, usable, without reserved rights",
                    e -> isSystem(e, TR) && usable(e, TR)),
            guest("G of TR fits its limit",
                    e -> fitsLimit(e, TR)),
            guest("a usable LDTR of an LDT, present, without reserved rights",
                    e -> !usable(e, LDTR) || type(e, LDTR) == LDT && isSystem(e, LDTR)),
            guest("G of a usable LDTR fits its limit",
                    e -> !usable(e, LDTR) || fitsLimit(e, LDTR)),

            guest("bases of GDTR and IDTR canonical",
                    e -> e.isCanonical(GUEST_GDTR_BASE) && e.isCanonical(GUEST_IDTR_BASE)),
            guest("limits of GDTR and IDTR of 16 bits",
                    e -> e.get(GUEST_GDTR_LIMIT) >>> 16 == 0 && e.get(GUEST_IDTR_LIMIT) >>> 16 == 0));
    // spotless:on

    private GuestSegmentChecks() {}

    /** A condition on ES, CS, SS, DS, FS or GS. */
    @FunctionalInterface
    private interface OfSegment {
        boolean holds(int segment);
    }

    private static boolean each(ProposedEntry e, OfSegment condition) {
        for (int i = 0; i < LDTR; i++) {
            if (!condition.holds(i)) {
                return false;
            }
        }
        return true;
    }

    private static int selector(ProposedEntry e, int i) {
        return (int) e.get(GuestStateArea.SELECTOR[i]);
    }

    private static int rpl(ProposedEntry e, int i) {
        return selector(e, i) & 3;
    }

    private static long base(ProposedEntry e, int i) {
        return e.get(GuestStateArea.BASE[i]);
    }

    private static long limit(ProposedEntry e, int i) {
        return e.get(GuestStateArea.LIMIT[i]);
    }

    private static int rights(ProposedEntry e, int i) {
        return (int) e.get(GuestStateArea.RIGHTS[i]);
    }

    private static boolean has(ProposedEntry e, int i, int right) {
        return (rights(e, i) & right) != 0;
    }

    private static boolean usable(ProposedEntry e, int i) {
        return !has(e, i, SegmentRegister.UNUSABLE);
    }

    /** CS is judged even where it is marked unusable. */
    private static boolean counts(ProposedEntry e, int i) {
        return i == CS || usable(e, i);
    }

    private static int type(ProposedEntry e, int i) {
        return rights(e, i) & SegmentRegister.TYPE;
    }

    private static int dpl(ProposedEntry e, int i) {
        return rights(e, i) >>> 5 & 3;
    }

    private static boolean isCodeType(ProposedEntry e) {
        return switch (type(e, CS)) {
            case 9, 11, 13, 15 -> true;
            case READ_WRITE_ACCESSED -> e.unrestricted();
            default -> false;
        };
    }

    private static boolean isReadable(int type) {
        boolean code = (type & SegmentRegister.CODE) != 0;
        return (type & SegmentRegister.ACCESSED) != 0 && (!code || (type & SegmentRegister.WRITABLE_OR_READABLE) != 0);
    }

    private static boolean isCodeRing(ProposedEntry e) {
        return switch (type(e, CS)) {
            case 9, 11 -> dpl(e, CS) == dpl(e, SS);
            case 13, 15 -> dpl(e, CS) <= dpl(e, SS);
            default -> dpl(e, CS) == 0;
        };
    }

    private static boolean isStackRing(ProposedEntry e) {
        boolean innermost = e.realMode() || type(e, CS) == READ_WRITE_ACCESSED;
        return (e.unrestricted() || dpl(e, SS) == rpl(e, SS)) && (!innermost || dpl(e, SS) == 0);
    }

    private static boolean isSystem(ProposedEntry e, int i) {
        return !has(e, i, SegmentRegister.CODE_OR_DATA)
                && has(e, i, SegmentRegister.PRESENT)
                && (rights(e, i) & RESERVED_RIGHTS) == 0;
    }

    /** Bits 11:0 of a limit in pages are ones; a limit in bytes has no bit above 19. */
    private static boolean fitsLimit(ProposedEntry e, int i) {
        boolean pages = has(e, i, SegmentRegister.GRANULARITY);
        return pages ? (limit(e, i) & 0xFFF) == 0xFFF : limit(e, i) >>> 20 == 0;
    }
}
