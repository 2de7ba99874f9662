package ringside.reference.system;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** INT n through gates of every type, to code of every ring, with bad stacks; INT3, INTO, BOUND; faults during a delivery. */
final class InterruptCases {
    private InterruptCases() {}

    static List<SystemCase> all(Random random) {
        var cases = new ArrayList<SystemCase>();
        for (int type = 0; type < 32; type++) {
            for (int i = 0; i < (type == 14 || type == 15 || type == 6 || type == 7 ? 40 : 2); i++) {
                if (type != 5) {
                    cases.add(gate(random, type));
                }
            }
        }
        for (int i = 0; i < 60; i++) {
            cases.add(duringDelivery(random));
        }
        for (int vector : new int[] {0x40, 0x7F, 0xFF}) {
            for (int ring = 0; ring < 4; ring += 3) {
                cases.add(Draft.protectedMode(ring)
                        .code("int " + vector)
                        .named("interrupt: INT n; vector %x, whose gate is empty, ring %d", vector, ring));
            }
        }
        for (int ring = 0; ring < 4; ring++) {
            for (String code : List.of(
                    "int 0",
                    "int 8",
                    "int 13",
                    "int 14",
                    "int 17",
                    "int 3",
                    "int 4",
                    "int3",
                    "into",
                    "ud2",
                    "bound eax, [0x21000]",
                    "div dl",
                    "db 0xF1",
                    "aam 0",
                    "db 0x0F, 0x0B",
                    "db 0xF0, 0x90",
                    "lock inc dword [0x21000]",
                    "lock inc eax",
                    "db 0x0F, 0xFF",
                    "db 0x8C, 0xF0",
                    "db 0x8E, 0xC8",
                    "db 0xC4, 0xC0",
                    "db 0xFE, 0xF8",
                    "db 0xFF, 0xF8")) {
                cases.add(Draft.protectedMode(ring)
                        .set("flags", random.nextBoolean() ? 0x802 : 2)
                        .set("rax", random.nextInt(3))
                        .patch(Area.DATA + 4, Area.four(1))
                        .code(code)
                        .named("interrupt: %s; ring %d", code.toUpperCase(Locale.ROOT), ring));
            }
        }
        return cases;
    }

    private static SystemCase gate(Random random, int type) {
        int ring = random.nextInt(4);
        int gateDpl = random.nextInt(3) == 0 ? random.nextInt(4) : 3;
        int present = random.nextInt(10) == 0 ? 0 : 0x80;
        boolean narrow = (type & 0xF) < 8;
        int codeRing = random.nextInt(4);
        int codeType = random.nextInt(8) == 0 ? random.nextInt(32) : random.nextInt(4) == 0 ? 0x1E : 0x1A;
        int codePresent = random.nextInt(12) == 0 ? 0 : 0x80;
        int selector = random.nextInt(12) == 0 ? random.nextInt(8) : Area.FREE | random.nextInt(4);
        int offset = narrow ? 0x7000 : Area.TARGET;
        boolean outside = random.nextInt(12) == 0;
        var draft = Draft.protectedMode(ring)
                .set("flags", 0x202 | (random.nextInt(4) == 0 ? 0x4000 : 0) | random.nextInt(4) << 12)
                .describe(
                        Area.FREE,
                        Area.descriptor(
                                narrow ? 0x2_0000 : 0,
                                outside ? 0x6FFF : 0x2_7FFF,
                                codePresent | codeRing << 5 | codeType,
                                4))
                .patch(Area.IDT + 8 * 0x31, Area.gate(selector, offset, present | gateDpl << 5 | type, 0))
                .code(Area.TARGET, offset, 32, "inc ebx");
        if (random.nextInt(5) == 0) {
            FarCases.badStack(random, draft);
        }
        draft.code("int 0x31");
        return draft.named(
                "interrupt: INT n by gate type %x; P=%d, DPL %d, ring %d, code %x type %x of ring %d, P=%d",
                type, present >> 7, gateDpl, ring, selector, codeType, codeRing, codePresent >> 7);
    }

    /** A fault whose own gate is bad, so that a second one follows, or a double fault. */
    private static SystemCase duringDelivery(Random random) {
        int ring = random.nextInt(2) * 3;
        String[] codes = {
            "div dl",
            "mov ds, ebx",
            "mov fs, ecx",
            "ud2",
            "into",
            "int 0x31",
            "int3",
            "mov ss, ebx",
            "push cs\npop ss",
            "hlt"
        };
        int[] vectors = {0, 13, 11, 6, 4, 0x31, 3, 13, 13, 13};
        // HLT faults outside ring 0 only.
        int which = random.nextInt(codes.length - (ring == 0 ? 1 : 0));
        int vector = vectors[which];
        int kind = random.nextInt(5);
        byte[] bad = switch (kind) {
            case 0 -> Area.gate(Area.KERNEL_CODE, Area.TARGET, 0x6E, 0);
            case 1 -> Area.gate(Area.KERNEL_DATA, Area.TARGET, 0xEE, 0);
            case 2 -> Area.gate(Area.FREE + 8, Area.TARGET, 0xEE, 0);
            case 3 -> Area.gate(0, Area.TARGET, 0xEE, 0);
            default -> Area.gate(Area.KERNEL_CODE, Area.TARGET, 0xEC, 0);
        };
        return Draft.protectedMode(ring)
                .set("flags", 0x802)
                .set("rbx", 0x1FC)
                .set("rcx", Area.FREE | 3)
                .describe(Area.FREE, Area.descriptor(0, 0xF_FFFF, 0x72, 0xC))
                .describe(Area.FREE + 8, Area.descriptor(0, 0xF_FFFF, 0x1A, 0xC))
                .patch(Area.IDT + 8 * vector, bad)
                .code(codes[which])
                .named(
                        "delivery: fault whose gate is bad; %s, gate %d is %s, ring %d",
                        codes[which].replace('\n', ' ').toUpperCase(Locale.ROOT),
                        vector,
                        List.of("absent", "to data", "to absent code", "to a null selector", "a call gate")
                                .get(kind),
                        ring);
    }
}
