package ringside.reference.system;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Far jumps, calls and returns: to code of every type and ring, through call gates, with bad stacks. */
final class FarCases {
    private FarCases() {}

    static List<SystemCase> all(Random random) {
        var cases = new ArrayList<SystemCase>();
        for (int type = 0; type < 32; type++) {
            if (type == 4 || type == 5 || type == 12 || type == 1 || type == 9) {
                continue; // gates and tasks: below and in TaskCases
            }
            for (String name : List.of("jmp", "call")) {
                for (int i = 0; i < 4; i++) {
                    cases.add(direct(random, name, type));
                }
            }
        }
        for (int i = 0; i < 160; i++) {
            cases.add(gate(random, i % 2 == 0 ? "call" : "jmp"));
        }
        for (int i = 0; i < 160; i++) {
            cases.add(back(random, i % 2 == 0 ? "retf" : "iretd"));
        }
        for (int selector : new int[] {0, 3, 0x200, 0xFFF8, 0x44, 0x3C, 0x1F8}) {
            for (String name : List.of("jmp", "call", "retf", "iretd")) {
                cases.add(
                        name.endsWith("d") || name.startsWith("r")
                                ? frame(Draft.protectedMode(0), name, Area.TARGET, selector, 0, 0)
                                        .code(name)
                                        .named(
                                                "far: %s; selector %x",
                                                name.toUpperCase(java.util.Locale.ROOT), selector)
                                : Draft.protectedMode(0)
                                        .code(name + " " + selector + ":0x27000")
                                        .named(
                                                "far: %s; selector %x",
                                                name.toUpperCase(java.util.Locale.ROOT), selector));
            }
        }
        return cases;
    }

    private static SystemCase direct(Random random, String name, int type) {
        int ring = random.nextInt(4);
        int dpl = random.nextInt(3) == 0 ? random.nextInt(4) : ring;
        int rpl = random.nextInt(3) == 0 ? random.nextInt(4) : ring;
        int present = random.nextInt(8) == 0 ? 0 : 0x80;
        boolean small = random.nextInt(4) == 0;
        int selector = Area.FREE | rpl;
        boolean indirect = random.nextBoolean();
        var draft = Draft.protectedMode(ring)
                .describe(selector, Area.descriptor(0, small ? 0x2_6FFF : 0x2_7FFF, present | dpl << 5 | type, 4))
                .patch(Area.DATA, Area.four(Area.TARGET))
                .patch(Area.DATA + 4, Area.four(selector))
                .code(Area.TARGET, Area.TARGET, 32, "inc ebx");
        draft.code(indirect ? name + " far [0x21000]" : name + " " + selector + ":0x27000");
        return draft.named(
                "far: %s %s; type %x, P=%d, DPL %d, RPL %d, ring %d%s",
                name.toUpperCase(java.util.Locale.ROOT),
                indirect ? "m16:32" : "ptr16:32",
                type,
                present >> 7,
                dpl,
                rpl,
                ring,
                small ? ", outside the limit" : "");
    }

    private static SystemCase gate(Random random, String name) {
        int ring = random.nextInt(4);
        int gateDpl = random.nextInt(3) == 0 ? random.nextInt(4) : 3;
        int rpl = random.nextInt(3) == 0 ? random.nextInt(4) : 0;
        boolean wide = random.nextInt(4) != 0;
        int present = random.nextInt(10) == 0 ? 0 : 0x80;
        int target = random.nextInt(4);
        boolean conforming = random.nextInt(4) == 0;
        int codeType = random.nextInt(10) == 0 ? random.nextInt(32) : conforming ? 0x1E : 0x1A;
        int codePresent = random.nextInt(12) == 0 ? 0 : 0x80;
        int count = random.nextInt(4);
        int offset = wide ? Area.TARGET : 0x7000;
        var draft = Draft.protectedMode(ring)
                .describe(Area.FREE, Area.gate(Area.FREE + 8, offset, present | gateDpl << 5 | (wide ? 0xC : 4), count))
                .describe(
                        Area.FREE + 8,
                        Area.descriptor(wide ? 0 : 0x2_0000, 0x2_7FFF, codePresent | target << 5 | codeType, 4))
                .code(Area.TARGET, offset, 32, "inc ebx");
        if (random.nextInt(6) == 0) {
            badStack(random, draft);
        }
        draft.code(
                "push dword 0x11111111",
                "push dword 0x22222222",
                "push dword 0x33333333",
                name + " " + (Area.FREE | rpl) + ":0");
        return draft.named(
                "far: %s by a %s gate; P=%d, DPL %d, RPL %d, ring %d, code type %x of ring %d, P=%d, %d parameters",
                name.toUpperCase(java.util.Locale.ROOT),
                wide ? "386 call" : "286 call",
                present >> 7,
                gateDpl,
                rpl,
                ring,
                codeType,
                target,
                codePresent >> 7,
                count);
    }

    /** Spoils the stacks of rings 1 and 2 in the TSS. */
    static void badStack(Random random, Draft draft) {
        int ring = 1 + random.nextInt(2);
        int selector = new int[] {
                    0, 0x200, 0x23, Area.USER_CODE, Area.CODE_1, Area.FREE + 16 | ring, Area.FREE + 16 | ring
                }
                [random.nextInt(7)];
        int rights = random.nextInt(2) == 0 ? 0x12 | ring << 5 : 0x80 | random.nextInt(0x80);
        draft.describe(Area.FREE + 16, Area.descriptor(0, random.nextInt(3) == 0 ? 0xFFF : 0xF_FFFF, rights, 0xC))
                .patch(Area.TSS + 8 + 8 * ring, Area.four(selector))
                .patch(Area.TSS + 4 + 8 * ring, Area.four(new int[] {Area.STACK_1, 0, 4, 0x1008}[random.nextInt(4)]));
    }

    private static SystemCase back(Random random, String name) {
        int ring = random.nextInt(4);
        int rpl = random.nextInt(3) == 0 ? random.nextInt(4) : Math.min(3, ring + random.nextInt(2));
        int dpl = random.nextInt(4) == 0 ? random.nextInt(4) : rpl;
        int type = random.nextInt(6) == 0 ? random.nextInt(32) : random.nextInt(4) == 0 ? 0x1E : 0x1A;
        int present = random.nextInt(10) == 0 ? 0 : 0x80;
        int stackRpl = random.nextInt(6) == 0 ? random.nextInt(4) : rpl;
        int stackDpl = random.nextInt(6) == 0 ? random.nextInt(4) : rpl;
        int stackType = random.nextInt(6) == 0 ? random.nextInt(32) : 0x12;
        int stackPresent = random.nextInt(10) == 0 ? 0 : 0x80;
        int stack = random.nextInt(10) == 0 ? random.nextInt(4) : Area.FREE + 8 | stackRpl;
        boolean outside = random.nextInt(10) == 0;
        var draft = Draft.protectedMode(ring)
                .describe(Area.FREE, Area.descriptor(0, outside ? 0x2_6FFF : 0x2_7FFF, present | dpl << 5 | type, 4))
                .describe(Area.FREE + 8, Area.descriptor(0, 0xF_FFFF, stackPresent | stackDpl << 5 | stackType, 0xC))
                .code(Area.TARGET, Area.TARGET, 32, "inc ebx")
                .code(name);
        frame(draft, name, Area.TARGET, Area.FREE | rpl, Area.STACK_3 - 0x800, stack);
        return draft.named(
                "far: %s; code type %x, P=%d, DPL %d, RPL %d, ring %d, stack %x of type %x, P=%d, DPL %d%s",
                name.toUpperCase(java.util.Locale.ROOT),
                type,
                present >> 7,
                dpl,
                rpl,
                ring,
                stack,
                stackType,
                stackPresent >> 7,
                stackDpl,
                outside ? ", outside the limit" : "");
    }

    /** Puts what RETF or IRET pops on the stack. */
    static Draft frame(Draft draft, String name, int offset, int selector, int stackPointer, int stack) {
        int at = draft.get("rsp");
        draft.patch(at, Area.four(offset)).patch(at + 4, Area.four(selector));
        int next = at + 8;
        if (name.startsWith("iret")) {
            draft.patch(next, Area.four(0x246));
            next += 4;
        }
        return draft.patch(next, Area.four(stackPointer)).patch(next + 4, Area.four(stack));
    }
}
