package ringside.reference.system;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Instructions that ask about selectors, and loads of LDTR and TR. */
final class CheckCases {
    private CheckCases() {}

    static List<SystemCase> all(Random random) {
        var cases = new ArrayList<SystemCase>();
        for (int type = 0; type < 32; type++) {
            for (String name : List.of("lar", "lsl", "verr", "verw")) {
                for (int i = 0; i < 5; i++) {
                    cases.add(check(random, name, type));
                }
            }
            for (String name : List.of("lldt", "ltr")) {
                for (int i = 0; i < 3; i++) {
                    cases.add(table(random, name, type, i));
                }
            }
        }
        for (int selector : new int[] {0, 3, 4, 0x1F8, 0x200, 0x44, 0x3C, 0xFFFC, 0xFFFF}) {
            for (String name : List.of("lar ecx, eax", "lsl ecx, eax", "verr ax", "verw ax", "lldt ax", "ltr ax")) {
                int ring = name.startsWith("l") && !name.contains("ecx") ? 0 : random.nextInt(4);
                cases.add(Draft.protectedMode(ring)
                        .set("rax", selector)
                        .set("flags", 0x8D7)
                        .code(name)
                        .named("check: %s; selector %x, ring %d", form(name), selector, ring));
            }
        }
        for (int i = 0; i < 24; i++) {
            int a = random.nextInt(0x10000);
            int b = random.nextInt(0x10000);
            cases.add(Draft.protectedMode(random.nextInt(4))
                    .set("rax", a)
                    .set("rcx", b)
                    .code("arpl ax, cx")
                    .named("check: ARPL; %x, %x", a, b));
        }
        for (String code : List.of(
                "sldt eax",
                "str eax",
                "sgdt [0x21000]",
                "sidt [0x21000]",
                "smsw eax",
                "lgdt [0x21000]",
                "lidt [0x21000]",
                "lldt ax",
                "ltr ax",
                "lmsw ax",
                "clts",
                "hlt",
                "invlpg [0x21000]",
                "wbinvd",
                "invd",
                "rdmsr",
                "wrmsr",
                "mov eax, cr0",
                "mov cr0, eax",
                "mov eax, cr2",
                "mov eax, cr3",
                "mov eax, cr4",
                "mov cr4, eax",
                "mov eax, dr0",
                "mov dr7, eax",
                "mov eax, dr6",
                "rdtsc\nxor eax, eax\nxor edx, edx")) {
            for (int ring = 1; ring < 4; ring++) {
                cases.add(Draft.protectedMode(ring)
                        .set("rcx", 0xC000_0080L)
                        .code(code)
                        .named("privilege: %s; ring %d", form(code), ring));
            }
            cases.add(Draft.virtual8086(3)
                    .code(code.replace("0x21000", "0"))
                    .named("privilege: %s; virtual-8086", form(code)));
        }
        return cases;
    }

    private static String form(String code) {
        return code.replaceFirst("\n.*", "").split(" ")[0].toUpperCase(Locale.ROOT)
                + (code.startsWith("mov") ? code.replaceFirst("mov", "") : "");
    }

    private static SystemCase check(Random random, String name, int type) {
        int ring = random.nextInt(4);
        int dpl = random.nextInt(3) == 0 ? random.nextInt(4) : 3;
        int rpl = random.nextInt(4);
        int present = random.nextInt(8) == 0 ? 0 : 0x80;
        int selector = (random.nextBoolean() ? Area.FREE : 0x0C) | rpl;
        boolean wide = random.nextBoolean();
        String operands = name.startsWith("v") ? " ax" : wide ? " ecx, eax" : " cx, ax";
        return Draft.protectedMode(ring)
                .describe(
                        selector,
                        Area.descriptor(
                                random.nextInt(),
                                random.nextInt(0x10_0000),
                                present | dpl << 5 | type,
                                random.nextInt(16)))
                .set("rax", selector)
                .set("rcx", 0xCCCC_CCCC)
                .set("flags", random.nextBoolean() ? 0x42 : 2)
                .code(name + operands)
                .named(
                        "check: %s; type %x, P=%d, DPL %d, RPL %d, ring %d, %s",
                        name.toUpperCase(Locale.ROOT), type, present >> 7, dpl, rpl, ring, operands);
    }

    private static SystemCase table(Random random, String name, int type, int variant) {
        int present = variant == 1 ? 0 : 0x80;
        int selector = (variant == 2 ? 0x0C : Area.FREE) | random.nextInt(4);
        int dpl = random.nextInt(4);
        return Draft.protectedMode(0)
                .describe(selector, Area.descriptor(Area.LDT, 0x67, present | dpl << 5 | type, 0))
                .set("rax", selector)
                .code(name + " ax")
                .named(
                        "check: %s; type %x, P=%d, selector %x",
                        name.toUpperCase(Locale.ROOT), type, present >> 7, selector);
    }
}
