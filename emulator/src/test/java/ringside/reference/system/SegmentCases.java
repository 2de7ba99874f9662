package ringside.reference.system;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Loads of segment registers: every type of descriptor, DPL, RPL, CPL and present bit; selectors beyond the tables; null. */
final class SegmentCases {
    private static final List<String> REGISTERS = List.of("ds", "es", "fs", "gs", "ss");

    private SegmentCases() {}

    static List<SystemCase> all(Random random) {
        var cases = new ArrayList<SystemCase>();
        for (int type = 0; type < 32; type++) {
            for (String register : REGISTERS) {
                for (int i = 0; i < 5; i++) {
                    cases.add(load(random, type, register, i));
                }
            }
        }
        for (int selector : List.of(0, 1, 2, 3, 0x1F8, 0x200, 0x3FB, 0xFFF8, 0xFFFF, 4, 7, 0x3C, 0x44, 0x1FF)) {
            for (String register : REGISTERS) {
                int ring = random.nextInt(2) * 3;
                cases.add(Draft.protectedMode(ring)
                        .set("rax", selector)
                        .code("mov " + register + ", ax")
                        .named("segment load: MOV %s; selector %x, ring %d", register, selector, ring));
            }
        }
        return cases;
    }

    private static SystemCase load(Random random, int type, String register, int variant) {
        int ring = variant == 0 ? 0 : variant == 1 ? 3 : random.nextInt(4);
        int dpl = variant < 3 ? ring : random.nextInt(4);
        int rpl = variant < 3 ? ring : random.nextInt(4);
        int present = random.nextInt(6) == 0 ? 0 : 0x80;
        int selector = (random.nextBoolean() ? Area.FREE : 0x0C) | rpl;
        var draft = Draft.protectedMode(ring)
                .describe(
                        selector,
                        Area.descriptor(0, (type & 0x1C) == 0x14 ? 0 : 0xF_FFFF, present | dpl << 5 | type, 0xC))
                .set("rax", selector);
        String how = List.of("mov", "pop", "l" + register).get(random.nextInt(3));
        switch (how) {
            case "mov" -> draft.code("mov " + register + ", ax");
            case "pop" -> draft.code("push eax", "pop " + register);
            default -> {
                draft.patch(Area.DATA, Area.four(0x1234_5678)).patch(Area.DATA + 4, Area.four(selector));
                if (register.equals("ss")) {
                    draft.patch(Area.DATA, Area.four(Area.STACK_1 - 0x80));
                }
                draft.code("l" + register + " " + (register.equals("ss") ? "esp" : "ecx") + ", [0x21000]");
            }
        }
        return draft.named(
                "segment load: %s %s; %s type %x%s, DPL %d, RPL %d, ring %d",
                how.toUpperCase(java.util.Locale.ROOT),
                register,
                type < 16 ? "system" : "segment",
                type & 15,
                present == 0 ? " absent" : "",
                dpl,
                rpl,
                ring);
    }
}
