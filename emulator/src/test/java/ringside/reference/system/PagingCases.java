package ringside.reference.system;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Accesses through generated entries of 2-level, PAE and 4-level paging: rights, reserved bits, large pages, WP, NX, A and D. */
final class PagingCases {
    private static final int PAGING = 0x8000_0000;
    private static final int WRITE_PROTECT = 0x1_0000;

    private PagingCases() {}

    static List<SystemCase> all(Random random) {
        var cases = new ArrayList<SystemCase>();
        for (int i = 0; i < 260; i++) {
            cases.add(twoLevel(random));
        }
        for (int i = 0; i < 220; i++) {
            cases.add(pae(random));
        }
        for (int i = 0; i < 220; i++) {
            cases.add(fourLevel(random));
        }
        for (int i = 0; i < 24; i++) {
            cases.add(pointers(random));
        }
        return cases;
    }

    private static int flags(Random random) {
        int flags = 0x7;
        if (random.nextInt(4) == 0) {
            flags = random.nextInt(8);
        } else if (random.nextInt(2) == 0) {
            flags = 1 | random.nextInt(8);
        }
        return flags
                | (random.nextBoolean() ? 0x20 : 0)
                | (random.nextBoolean() ? 0x40 : 0)
                | (random.nextInt(4) == 0 ? 0x18 : 0);
    }

    private static String access(Random random, Draft draft, int at, boolean fetch) {
        if (fetch) {
            draft.patch(Area.DATA + 0x10, new byte[] {0x43, (byte) 0xCC});
            draft.set("rax", at);
            return "jmp rax";
        }
        draft.set("rbx", at).set("rax", 0x55AA_1234);
        return List.of(
                        "mov eax, [rbx]",
                        "mov [rbx], eax",
                        "inc dword [rbx]",
                        "cmp [rbx], eax",
                        "bts [rbx], eax",
                        "mov [rbx-2], eax",
                        "push qword [rbx]",
                        "pop qword [rbx]",
                        "xchg al, [rbx]",
                        "mov [rbx], eax\nmov ecx, [rbx+0xffe]")
                .get(random.nextInt(10));
    }

    private static String narrow(String code) {
        return code.replace("rbx", "ebx").replace("qword", "dword").replace("rax", "eax");
    }

    private static int page(Random random) {
        return random.nextInt(3) == 0 ? Area.STACK_1 - 0x1000 : Area.DATA;
    }

    private static SystemCase twoLevel(Random random) {
        int ring = random.nextInt(2) * 3;
        boolean protect = random.nextBoolean();
        boolean extensions = random.nextBoolean();
        boolean large = random.nextInt(3) == 0;
        boolean fetch = random.nextInt(5) == 0;
        int directory = flags(random) | (large ? 0x80 : 0);
        int table = flags(random) | (random.nextInt(4) == 0 ? 0x100 : 0);
        int offset = fetch ? 0x10 : random.nextInt(3) == 0 ? 0xFFE : 0x20;
        var draft = Draft.protectedMode(ring)
                .set("cr0", 0x31 | PAGING | (protect ? WRITE_PROTECT : 0))
                .set("cr3", Area.PAGE_DIRECTORY)
                .set("cr4", extensions ? 0x10 : 0);
        int at = Area.TESTED + offset;
        if (large && extensions) {
            // A page of 4 MiB at 0: the data page is at its usual offset. Sometimes with reserved bits, or above 4 GiB.
            int reserved = random.nextInt(4) == 0 ? 1 << 21 : 0;
            draft.patch(Area.PAGE_DIRECTORY + 4, directory | reserved);
            at += Area.DATA;
        } else {
            draft.patch(Area.PAGE_DIRECTORY + 4, Area.TESTED_TABLE | directory);
        }
        draft.patch(Area.TESTED_TABLE, page(random) | table);
        draft.patch(Area.TESTED_TABLE + 4, page(random) | flags(random));
        String code = narrow(access(random, draft, at, fetch));
        return draft.code(code)
                .named(
                        "paging: 2-level %s%s; PDE %x, PTE %x, offset %x, WP=%d, ring %d, %s",
                        fetch ? "fetch" : "access",
                        large ? extensions ? ", 4-MiB page" : ", PS without CR4.PSE" : "",
                        directory,
                        table,
                        offset,
                        protect ? 1 : 0,
                        ring,
                        code.replace('\n', ' '));
    }

    /** Bits 62:40 are reserved or ignored, bit 63 is XD. Bits above 40 are too large a page number for every reference. */
    private static long high(Random random) {
        return switch (random.nextInt(8)) {
            case 0 -> 1L << 63;
            case 1 -> 1L << 40 + random.nextInt(12);
            case 2 -> 1L << 52 + random.nextInt(7);
            default -> 0;
        };
    }

    private static SystemCase pae(Random random) {
        int ring = random.nextInt(2) * 3;
        var draft = Draft.protectedMode(ring).set("cr3", Area.PAE_POINTERS).set("cr4", 0x20);
        return eightByte(random, draft, ring, "PAE", false);
    }

    private static SystemCase fourLevel(Random random) {
        int ring = random.nextInt(2) * 3;
        return eightByte(random, Draft.longMode(ring), ring, "4-level", true);
    }

    private static SystemCase eightByte(Random random, Draft draft, int ring, String name, boolean wide) {
        boolean protect = random.nextBoolean();
        boolean noExecute = random.nextInt(3) > 0;
        boolean large = random.nextInt(3) == 0;
        boolean fetch = random.nextInt(4) == 0;
        long directory = flags(random) | (large ? 0x80 : 0) | high(random);
        long table = flags(random) | high(random);
        int offset = fetch ? 0x10 : random.nextInt(3) == 0 ? 0xFFE : 0x20;
        draft.set("cr0", 0x31 | PAGING | (protect ? WRITE_PROTECT : 0));
        draft.set("efer", (noExecute ? 0x800 : 0) | (wide ? 0x101 : 0));
        int at = Area.TESTED + offset;
        if (large) {
            long reserved = random.nextInt(4) == 0 ? 1L << 13 + random.nextInt(8) : 0;
            draft.patch(Area.PAE_DIRECTORY + 16, Area.eight(directory | reserved));
            at += Area.DATA;
        } else {
            draft.patch(Area.PAE_DIRECTORY + 16, Area.eight(Area.PAE_TESTED_TABLE | directory));
        }
        draft.patch(Area.PAE_TESTED_TABLE, Area.eight(page(random) | table));
        draft.patch(Area.PAE_TESTED_TABLE + 8, Area.eight(page(random) | flags(random)));
        String code = access(random, draft, at, fetch);
        return draft.code(wide ? code : narrow(code))
                .named(
                        "paging: %s %s%s; PDE %x, PTE %x, offset %x, WP=%d, NXE=%d, ring %d, %s",
                        name,
                        fetch ? "fetch" : "access",
                        large ? ", 2-MiB page" : "",
                        directory,
                        table,
                        offset,
                        protect ? 1 : 0,
                        noExecute ? 1 : 0,
                        ring,
                        code.replace('\n', ' '));
    }

    /** MOV CR3 with PAE paging on checks the pointers that are present. */
    private static SystemCase pointers(Random random) {
        long pointer = (random.nextInt(4) == 0 ? 0 : 1)
                | (random.nextBoolean() ? 1L << 1 + random.nextInt(8) : 0)
                | high(random);
        return Draft.protectedMode(0)
                .set("cr0", 0x31 | PAGING)
                .set("cr3", Area.PAE_POINTERS)
                .set("cr4", 0x20)
                .patch(Area.PAE_POINTERS + 0x800, Area.eight(Area.PAE_DIRECTORY | 1))
                .patch(Area.PAE_POINTERS + 0x818, Area.eight(Area.PAE_DIRECTORY | pointer))
                .set("rax", Area.PAE_POINTERS + 0x800)
                .code("mov cr3, eax")
                .named("paging: MOV CR3 with PAE; PDPTE %x", pointer);
    }
}
