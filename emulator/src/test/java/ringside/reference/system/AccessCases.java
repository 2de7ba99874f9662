package ringside.reference.system;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Accesses through segments of every kind of data and code, at the borders of their limits. */
final class AccessCases {
    private static final List<String> REGISTERS = List.of("ds", "es", "fs", "gs");
    private static final int[] LIMITS = {0, 1, 2, 3, 7, 0xFE, 0xFFF, 0x1000, 0xFFFE, 0xFFFF};

    private AccessCases() {}

    static List<SystemCase> all(Random random) {
        var cases = new ArrayList<SystemCase>();
        for (int type : new int[] {0, 2, 4, 6, 8, 10, 12, 14}) {
            for (String access : List.of("read", "write", "change")) {
                for (int i = 0; i < 18; i++) {
                    cases.add(access(random, type, access));
                }
            }
        }
        for (String access : List.of("read", "write", "change")) {
            for (int i = 0; i < 20; i++) {
                cases.add(onStack(random, access));
            }
            cases.add(Draft.protectedMode(3)
                    .set("fs", 0)
                    .code(instruction(access, "fs", 4))
                    .set("rbx", Area.DATA)
                    .named("access: %s by a null selector", access));
            cases.add(Draft.protectedMode(0)
                    .set("gs", 3)
                    .code(instruction(access, "gs", 2))
                    .set("rbx", Area.DATA)
                    .named("access: %s by a null selector", access));
            cases.add(Draft.protectedMode(0)
                    .code(instruction(access, "cs", 4))
                    .set("rbx", Area.DATA)
                    .named("access: %s through CS", access));
        }
        for (int i = 0; i < 40; i++) {
            cases.add(wide(random));
        }
        return cases;
    }

    private static String instruction(String access, String segment, int size) {
        String register = size == 1 ? "al" : size == 2 ? "ax" : "eax";
        return switch (access) {
            case "read" -> "mov " + register + ", [" + segment + ":ebx]";
            case "write" -> "mov [" + segment + ":ebx], " + register;
            default -> "xor [" + segment + ":ebx], " + register;
        };
    }

    /** An offset near a border of the segment. */
    private static int offset(Random random, int last, boolean down) {
        int[] borders = down
                ? new int[] {last + 1, last + 1, last, 0xFFFF, -1, 0}
                : new int[] {last, last, last, 0, 0xFFFF, -1, last + 0x1000};
        return borders[random.nextInt(borders.length)] - random.nextInt(5) + random.nextInt(2);
    }

    private static SystemCase access(Random random, int type, String access) {
        int limit = LIMITS[random.nextInt(LIMITS.length)];
        boolean pages = random.nextInt(3) == 0;
        boolean big = random.nextBoolean();
        int last = pages ? limit << 12 | 0xFFF : limit;
        boolean down = (type & 12) == 4;
        int size = 1 << random.nextInt(3);
        int ring = random.nextInt(2) * 3;
        String register = REGISTERS.get(random.nextInt(4));
        int offset = offset(random, last, down);
        // The offset is at the middle of the data page, so that a wrong permission does no harm.
        int base = Area.DATA + 0x800 - offset;
        int selector = Area.FREE | ring;
        var draft = Draft.protectedMode(ring)
                .describe(
                        selector,
                        Area.descriptor(base, limit, 0x90 | ring << 5 | type, (pages ? 8 : 0) | (big ? 4 : 0)))
                .set("rdx", selector)
                .set("rax", 0x1234_5678)
                .set("rbx", offset);
        String segment = (type & 8) != 0 ? code(type) : down ? "expand-down" : "expand-up";
        return draft.code("mov " + register + ", edx", instruction(access, register, size))
                .named(
                        "access: %s %s %s; %d bytes at %x, limit %x, B=%d, ring %d",
                        access,
                        segment,
                        (type & 8) != 0 ? "code" : (type & 2) != 0 ? "read/write data" : "read-only data",
                        size,
                        offset,
                        last,
                        big ? 1 : 0,
                        ring);
    }

    private static String code(int type) {
        return (type & 2) != 0 ? "readable" : "execute-only";
    }

    /** Through SS in ring 3: the fault's delivery has a stack of its own. */
    private static SystemCase onStack(Random random, String access) {
        boolean down = random.nextBoolean();
        boolean big = random.nextBoolean();
        int limit = LIMITS[random.nextInt(LIMITS.length)];
        int offset = offset(random, limit, down);
        int base = Area.DATA + 0x800 - offset;
        int size = 1 << 1 + random.nextInt(2);
        String register = size == 2 ? "ax" : "eax";
        String push = size == 2 ? "o16 " : "";
        String code = switch (access) {
            case "read" -> "pop " + register;
            case "write" -> "push " + register;
            default -> "xor [ss:ebx], " + register;
        };
        int pointer = access.equals("write") ? offset + size : offset;
        return Draft.protectedMode(3)
                .describe(Area.FREE, Area.descriptor(base, limit, 0xF2 | (down ? 4 : 0), big ? 4 : 0))
                .set("ss", Area.FREE | 3)
                .set("rsp", pointer)
                .set("rbx", offset)
                .set("rax", 0x8765_4321)
                .code(code)
                .named(
                        "access: %s on an %s stack; %d bytes at %x, limit %x, B=%d%s",
                        access, down ? "expand-down" : "expand-up", size, offset, limit, big ? 1 : 0, push);
    }

    /** Instructions that touch more than one register's width. */
    private static SystemCase wide(Random random) {
        int limit = LIMITS[3 + random.nextInt(LIMITS.length - 3)];
        int offset = limit - random.nextInt(40) + 1;
        List<String> codes = List.of(
                "pushad",
                "popad",
                "enter 8, 0",
                "push dword [ds:ebx]",
                "pop dword [ds:ebx]",
                "movsd",
                "cmpxchg8b [ebx]",
                "les ecx, [ebx]",
                "bound ecx, [ebx]",
                "call [ebx]",
                "rep stosb",
                "xlatb",
                "bts [ebx], ecx",
                "leave",
                "sgdt [ebx]",
                "sidt [ebx]",
                "shld [ebx], eax, 3",
                "lodsw",
                "scasd",
                "cmpsb",
                "in al, 0x21",
                "ret");
        String code = codes.get(random.nextInt(codes.size()));
        boolean stack = List.of("pushad", "popad", "enter 8, 0", "ret", "leave").contains(code);
        var draft = Draft.protectedMode(3)
                .describe(Area.FREE, Area.descriptor(Area.DATA + 0x800 - offset, limit, 0xF2, 4))
                .set("rbx", offset)
                .set("rsi", offset)
                .set("rdi", offset)
                .set("rbp", offset)
                .set("rcx", random.nextInt(64))
                .set("rax", random.nextInt());
        if (stack) {
            draft.set("ss", Area.FREE | 3).set("rsp", offset);
        } else {
            draft.set("ds", Area.FREE | 3).set("es", Area.FREE | 3);
        }
        return draft.code(code).named("access: %s; at %x, limit %x", code.toUpperCase(Locale.ROOT), offset, limit);
    }
}
