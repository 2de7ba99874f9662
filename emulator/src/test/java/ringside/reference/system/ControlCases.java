package ringside.reference.system;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Loads and stores of control and debug registers, of the machine status word and of EFER. */
final class ControlCases {
    private static final long PAGING = 0x8000_0000L;
    private static final long CR0_BITS = 0xE005_003FL;
    private static final long NOT_WRITE_THROUGH = 0x2000_0000L;
    private static final long CACHE_DISABLE = 0x4000_0000L;

    private ControlCases() {}

    static List<SystemCase> all(Random random) {
        var cases = new ArrayList<SystemCase>();
        for (int i = 0; i < 80; i++) {
            cases.add(machineControl(random));
        }
        for (int bit = 0; bit < 32; bit++) {
            if (isBitOfAll(bit)) {
                cases.add(Draft.protectedMode(0)
                        .set("rax", 1L << bit)
                        .code("mov cr4, eax", "mov ecx, cr4")
                        .named("control: MOV CR4; bit %d", bit));
                cases.add(Draft.longMode(0)
                        .set("rax", 1L << bit | 0x20)
                        .code("mov cr4, rax", "mov rcx, cr4")
                        .named("control: MOV CR4 in 64-bit mode; bit %d", bit));
            }
            // QEMU lets 64-bit code clear PE, PG and CR4.PAE, and any code set PG without PE, and is lost then.
            if (bit != 0 && bit != 31) {
                long value = 0x8000_0031L ^ 1L << bit;
                cases.add(Draft.longMode(0)
                        .set("rax", value)
                        .code("mov cr0, rax", "mov rcx, cr0")
                        .named("control: MOV CR0%s; 64-bit mode, bit %d", peculiarity(value), bit));
            }
        }
        addresses(random, cases);
        debugRegisters(random, cases);
        statusWord(random, cases);
        extendedFeatures(cases);
        return cases;
    }

    /** Bits of CR4 that all three processors have. QEMU 7.2 tries a load of a reserved one again without end. */
    private static boolean isBitOfAll(int bit) {
        return bit <= 7 && bit != 6;
    }

    /** What makes a value of CR0 another kind of case. */
    private static String peculiarity(long value) {
        if ((value & NOT_WRITE_THROUGH) != 0 && (value & CACHE_DISABLE) == 0) {
            return " with NW without CD";
        }
        return (value & ~CR0_BITS) != 0 ? " with reserved bits" : "";
    }

    private static SystemCase machineControl(Random random) {
        long value = 0x11 | (random.nextBoolean() ? PAGING : 0);
        value |= (random.nextInt(4) == 0
                        ? random.nextInt() & 0xFFFF_FFFFL
                        : random.nextInt(0x40) | random.nextInt(8) << 16 & 0x5_0000)
                & (random.nextBoolean() ? -1 : ~(NOT_WRITE_THROUGH | CACHE_DISABLE));
        boolean pae = random.nextInt(3) == 0;
        boolean badPointer = pae && random.nextInt(3) == 0;
        boolean longMode = random.nextInt(4) == 0 && !pae;
        var draft = Draft.protectedMode(0)
                .set("rax", value)
                .set("cr3", pae ? Area.PAE_POINTERS : Area.PAGE_DIRECTORY)
                .set("cr4", pae ? 0x20 : 0)
                .set("efer", longMode ? 0x100 : 0);
        if (badPointer) {
            draft.patch(Area.PAE_POINTERS + 8, 0x1E7);
        }
        boolean paging = (value & PAGING) != 0;
        String kind = paging && pae ? " with PAE" : paging && longMode ? " with LME, without PAE" : peculiarity(value);
        return draft.code("mov cr0, eax", "mov ecx, cr0")
                .named(
                        "control: MOV CR0%s; %x, PAE=%b, LME=%b, bad pointer %b",
                        kind, value, pae, longMode, badPointer);
    }

    /** CR2, CR3, CR8, those that do not exist, and switches of CR4.PAE under paging. */
    private static void addresses(Random random, List<SystemCase> cases) {
        for (int i = 0; i < 4; i++) {
            long value = random.nextLong() >> random.nextInt(33);
            cases.add(Draft.longMode(0)
                    .set("rax", value)
                    .code("mov cr2, rax", "mov rcx, cr2")
                    .named("control: MOV CR2; 64-bit mode, %x", value));
            cases.add(Draft.protectedMode(0)
                    .set("rax", value & 0xFFFF_FFFFL)
                    .code("mov cr2, eax", "mov ecx, cr2")
                    .named("control: MOV CR2; %x", value));
            cases.add(Draft.protectedMode(0)
                    .set("rax", value & 0xFFFF_FFFFL)
                    .code("mov cr3, eax", "mov ecx, cr3")
                    .named("control: MOV CR3; without paging, %x", value));
            int low = random.nextInt(0x1000);
            cases.add(Draft.longMode(0)
                    .set("rax", Area.LEVEL_4 | low)
                    .code("mov cr3, rax", "mov rcx, cr3")
                    .named("control: MOV CR3; 64-bit mode, low bits %x", low));
            cases.add(Draft.protectedMode(0)
                    .set("cr0", 0x8000_0031)
                    .set("cr3", Area.PAGE_DIRECTORY)
                    .set("rax", Area.PAGE_DIRECTORY | low)
                    .code("mov cr3, eax", "mov ecx, cr3")
                    .named("control: MOV CR3; 2-level paging, low bits %x", low));
        }
        for (int number : new int[] {1, 5, 6, 7, 9, 15}) {
            byte[] load = {0x0F, 0x22, (byte) (0xC0 | (number & 7) << 3), (byte) 0xCC};
            byte[] store = {0x0F, 0x20, (byte) (0xC0 | (number & 7) << 3), (byte) 0xCC};
            if (number < 8) {
                cases.add(Draft.protectedMode(0).patch(Area.CODE, load).named("control: MOV CR%d; a load", number));
                cases.add(Draft.protectedMode(0).patch(Area.CODE, store).named("control: MOV CR%d; a store", number));
            } else {
                cases.add(Draft.longMode(0)
                        .patch(Area.CODE, new byte[] {0x44})
                        .patch(Area.CODE + 1, load)
                        .named("control: MOV CR%d; a load", number));
            }
        }
        for (int value : new int[] {0, 5, 15}) {
            cases.add(Draft.longMode(0)
                    .set("rax", value)
                    .code("mov cr8, rax", "mov rcx, cr8", "xor eax, eax", "mov cr8, rax")
                    .named("control: MOV CR8; %x", value));
        }
        cases.add(Draft.protectedMode(0)
                .set("cr0", 0x8000_0031)
                .set("cr3", Area.PAGE_DIRECTORY)
                .set("rax", 0x10)
                .code("mov cr4, eax", "mov ecx, [0x21000]", "mov cr4, edx", "mov ecx, [0x21000]")
                .named("control: MOV CR4; PSE under paging"));
    }

    private static void debugRegisters(Random random, List<SystemCase> cases) {
        for (int number = 0; number < 8; number++) {
            for (int i = 0; i < 6; i++) {
                int extensions = random.nextBoolean() ? 8 : 0;
                boolean control = number == 5 || number == 7;
                boolean status = number == 4 || number == 6;
                boolean alias = number == 4 || number == 5;
                // The kernel could not load DR7 again after a #UD that left GD set.
                boolean detect = random.nextInt(4) == 0 && !(alias && extensions != 0);
                long value = control ? random.nextInt(0x10000) & 0xD400 : random.nextInt() & 0xFFFF_FFFFL;
                long reserved = control ? value & 0xD000 : status ? value & 0x1000 : 0;
                boolean dropped = reserved != 0 && i < 3 && (extensions == 0 || !alias) && !detect;
                if (!dropped) {
                    value &= ~reserved;
                }
                String kind = detect ? "DRn with DR7.GD" : dropped ? "DRn with reserved bits" : "DR" + number;
                cases.add(Draft.protectedMode(0)
                        .set("cr4", extensions)
                        .set("dr7", detect ? 0x2400 : 0x400)
                        .set("rax", value)
                        .code("mov dr" + number + ", eax", "mov ecx, dr" + number)
                        .named(
                                "control: MOV %s; DR%d, %x, DE=%d, GD=%b",
                                kind, number, value, extensions >> 3, detect));
            }
            cases.add(Draft.longMode(0)
                    .set("rax", 0x1_0000_0400L)
                    .code("mov dr" + number + ", rax", "mov rcx, dr" + number)
                    .named("control: MOV DR%d in 64-bit mode", number));
        }
    }

    private static void statusWord(Random random, List<SystemCase> cases) {
        for (int i = 0; i < 16; i++) {
            int value = random.nextInt(0x10000);
            cases.add(Draft.protectedMode(0)
                    .set("rax", value)
                    .code("lmsw ax", "smsw ecx")
                    .named("control: LMSW; %x", value));
            cases.add(Draft.protectedMode(0)
                    .patch(Area.DATA, Area.four(value))
                    .code("lmsw [0x21000]", "smsw [0x21004]", "smsw cx")
                    .named("control: LMSW m16; %x", value));
        }
        for (int i = 0; i < 4; i++) {
            int flags = 0x31 | i << 2;
            cases.add(Draft.protectedMode(0)
                    .set("cr0", flags | 8)
                    .code("clts", "smsw ecx")
                    .named("control: CLTS; %x", flags));
        }
        cases.add(Draft.longMode(0).code("smsw rax", "smsw ecx", "smsw dx").named("control: SMSW; 64-bit mode"));
        cases.add(Draft.longMode(3).code("smsw rax").named("control: SMSW; 64-bit mode, ring 3"));
    }

    private static void extendedFeatures(List<SystemCase> cases) {
        for (long value : new long[] {
            0, 1, 0x100, 0x101, 0x800, 0x801, 0x901, 0x400, 0x500, 2, 0x80, 0x1_0000, 0x10_0000, 1L << 40
        }) {
            boolean reserved = (value & ~0xD01L) != 0;
            cases.add(Draft.protectedMode(0)
                    .set("rax", value & 0xFFFF_FFFFL)
                    .set("rdx", value >>> 32)
                    .set("rcx", 0xC000_0080L)
                    .code("wrmsr", "rdmsr")
                    .named("control: WRMSR IA32_EFER%s; %x", reserved ? " with reserved bits" : "", value));
            cases.add(Draft.longMode(0)
                    .set("rax", value & 0xFFFF_FFFFL)
                    .set("rdx", value >>> 32)
                    .set("rcx", 0xC000_0080L)
                    .code("wrmsr", "rdmsr")
                    .named(
                            "control: WRMSR IA32_EFER%s; 64-bit mode, %x",
                            reserved
                                    ? " with reserved bits"
                                    : (value & 0x100) == 0 ? ", change of LME under paging" : "",
                            value));
        }
        for (boolean enable : new boolean[] {true, false}) {
            cases.add(Draft.protectedMode(0)
                    .set("cr0", 0x8000_0031)
                    .set("cr3", Area.PAGE_DIRECTORY)
                    .set("rax", enable ? 0x100 : 0)
                    .set("rcx", 0xC000_0080L)
                    .code("wrmsr", "rdmsr")
                    .named("control: WRMSR IA32_EFER%s; 2-level paging", enable ? ", change of LME under paging" : ""));
        }
    }
}
