package ringside.reference.system;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Switches to real-address mode and back, its interrupts and faults, and the ways into and out of paging and long mode. */
final class ModeCases {
    private static final int SIXTEEN = Area.FREE;

    /** By a 16-bit code segment at 20000H, as the manual asks: SDM 3A, Switching Back to Real-Address Mode. */
    private static final String LEAVE = """
            jmp 0xa0:sixteen-0x20000
            bits 16
            sixteen:
            mov eax, cr0
            and al, 0xfe
            mov cr0, eax
            jmp 0x2000:real-0x20000
            real:
            """;

    private static final String BACK = """
            mov eax, cr0
            or al, 1
            mov cr0, eax
            jmp dword 8:back
            bits 32
            back:
            mov ax, 16
            mov ds, ax
            mov es, ax
            mov fs, ax
            mov gs, ax
            mov ss, ax
            mov esp, 0x23f00
            int 0x31
            """;

    /** Offsets in segment 2000H: where far transfers of real-address mode lead, and the interrupt handlers. */
    private static final int ELSEWHERE = 0x500;

    private static final int HANDLERS = 0x600;
    private static final int VECTORS = 0x21;

    private ModeCases() {}

    static List<SystemCase> all() {
        var cases = new ArrayList<SystemCase>();
        switches(cases);
        faults(cases);
        paging(cases);
        return cases;
    }

    private static void switches(List<SystemCase> cases) {
        String[] inReal = {
            "mov ax, 0x2100\nmov ds, ax\nmov bx, [0]\nmov [4], bx",
            "mov ax, 0x2200\nmov ss, ax\nmov sp, 0xf00\npushf\npush cs\ncall $+3\npop cx",
            "mov ax, ds\nmov es, ax\nmov ax, cs\nmov gs, ax",
            "smsw bx\nmov cx, [cs:0x10]",
            "mov ax, 0x2200\nmov ss, ax\nmov sp, 0xf00\npush 5\npopf\npushf\npop si",
            "mov dx, 0x2100\nmov es, dx\nxor di, di\nmov cx, 4\na32 rep stosb"
        };
        for (String code : inReal) {
            for (boolean big : new boolean[] {false, true}) {
                // The limit that DS has in protected mode stays in real-address mode until a load.
                cases.add(draft().set("ds", big ? Area.KERNEL_DATA : SIXTEEN + 8)
                        .patch(Area.CODE, Draft.assemble(32, Area.CODE, LEAVE + code + "\n" + BACK))
                        .named("mode switch: to real-address mode and back; %s, big=%b", code.replace('\n', ' '), big));
            }
        }
    }

    private static Draft draft() {
        return Draft.protectedMode(0)
                .describe(SIXTEEN, Area.descriptor(0x2_0000, 0xFFFF, 0x9B, 0))
                .describe(SIXTEEN + 8, Area.descriptor(0x2_1000, 0xFFFF, 0x93, 0));
    }

    /** Every vector of real-address mode leads to a handler that shows the vector and what was pushed. */
    private static void faults(List<SystemCase> cases) {
        String[] codes = {
            "nop",
            "int 0x20",
            "int3",
            "into",
            "mov al, 0x7f\nadd al, 1\ninto",
            "div dl",
            "bound ax, [0]",
            "ud2",
            "lock nop",
            "sldt ax",
            "lldt ax",
            "str ax",
            "ltr ax",
            "verr ax",
            "verw ax",
            "lar ax, cx",
            "lsl ax, cx",
            "arpl ax, cx",
            "db 0x8e, 0xc8",
            "db 0x0f, 5",
            "sysenter",
            "sysexit",
            "mov ecx, 0x174\nxor eax, eax\nxor edx, edx\nwrmsr",
            "smsw ax",
            "clts",
            "sti\ncli",
            "pushfd\npop ecx",
            "push 0x4d5\npopf\npushf\npop cx",
            "push dword 0x4d7\npopfd\npushf\npop cx",
            "push sp\npop cx",
            "pusha\npopa",
            "call 0x2000:0x500",
            "push cs\npush 0x500\nretf",
            "pushf\npush cs\npush 0x500\niret",
            "push dword 2\npush dword 0x2000\npush dword 0x500\no32 iret",
            "mov ax, 0xffff\nmov es, ax\nmov cx, es",
            "lds bx, [0]\nmov cx, ds",
            "enter 4, 0\nleave",
            "mov bx, 0x10\nxlat",
            "mov ecx, cr0",
            "mov cr2, eax",
            "mov ecx, dr7",
            "invlpg [0]",
            "sgdt [0x10]",
            "sidt [0x10]",
            "aam 0",
            "idiv byte [0x20]"
        };
        for (String code : codes) {
            String last = code.substring(code.lastIndexOf('\n') + 1);
            String name = last.startsWith("db") ? last : last.split(" ")[0];
            cases.add(inReal("real-address mode: " + name.toUpperCase(Locale.ROOT), code));
        }
        String[] beyond = {
            "mov ax, [0xffff]",
            "mov [0xffff], ax",
            "mov bp, 0xffff\nmov ax, [bp]",
            "mov ebx, 0x10000\nmov al, [ebx]",
            "mov ebx, 0xffff\nmov al, [ebx]",
            "mov si, 0xffff\nlodsw",
            "mov di, 0xfffe\nstosd",
            "mov esp, 0x10f00\npush ax\npop ax",
            "mov ebp, 0x10000\nmov al, [ebp]"
        };
        for (String code : beyond) {
            cases.add(inReal("access: real-address mode", code));
        }
    }

    private static SystemCase inReal(String form, String code) {
        String narrow = "mov ax, 0xa8\nmov ss, ax\nmov ds, ax\nmov es, ax\nmov fs, ax\nmov gs, ax\n";
        String setUp = "mov ax, 0x2200\nmov ss, ax\nmov sp, 0xf00\nmov ax, 0x2100\nmov ds, ax\nxor eax, eax\n";
        var handlers = new StringBuilder();
        var draft = draft();
        for (int vector = 0; vector < VECTORS; vector++) {
            handlers.append("align 8\npush %d\njmp shown\n".formatted(vector));
            draft.patch(Area.IDT + 4 * vector, 0x2000_0000L | HANDLERS + 8 * vector);
        }
        handlers.append("shown:\npop si\npop bp\npop bx\npop di\nmov dx, sp\n").append(BACK);
        return draft.patch(
                        Area.CODE,
                        Draft.assemble(32, Area.CODE, narrow + LEAVE + setUp + code + "\nmov dx, sp\n" + BACK))
                .patch(
                        Area.CODE + ELSEWHERE,
                        Draft.assemble(16, Area.CODE + ELSEWHERE, "mov dx, sp\nmov bp, 1\n" + BACK))
                .patch(Area.CODE + HANDLERS, Draft.assemble(16, Area.CODE + HANDLERS, handlers.toString()))
                .named(form + "; %s", code.replace('\n', ' '));
    }

    private static void paging(List<SystemCase> cases) {
        String paging = "mov eax, cr0\nor eax, 0x80000000\nmov cr0, eax\n";
        String noPaging = "mov eax, cr0\nand eax, 0x7fffffff\nmov cr0, eax\n";
        String pae = "mov eax, 0x20\nmov cr4, eax\n";
        String longMode = "mov ecx, 0xc0000080\nrdmsr\nor eax, 0x100\nwrmsr\n";
        String features = "mov ecx, 0xc0000080\nrdmsr\n";
        String wide = "jmp 0x30:wide\nbits 64\nwide:\n";
        String narrow = "push 8\npush narrow\no64 retf\nbits 32\nnarrow:\n";
        String[][] ways = {
            {"2-level paging on and off", paging + "mov ebx, [0x21000]\n" + noPaging},
            {"long mode on and off", pae + longMode + paging + features + "mov esi, eax\n" + noPaging + features},
            {
                "64-bit mode and back",
                pae + longMode + paging + wide + "mov rbx, 0x123456789abcdef0\nmov r9, rbx\n" + narrow + noPaging
                        + "mov edi, ebx\n"
            },
            {
                "64-bit mode twice",
                pae + longMode + paging + wide + "mov r9, -1\nmov rbp, -1\n" + narrow + noPaging + paging
                        + "jmp 0x30:again\nbits 64\nagain:\nmov edx, r9d\nshr rbp, 4\npush 8\npush last\no64 retf\nbits 32\nlast:\n"
                        + noPaging
            },
            {
                "LME cleared after long mode",
                pae + longMode + paging + noPaging + features + "and eax, ~0x100\nwrmsr\nrdmsr\n"
            },
            {"without PAE", longMode + paging + noPaging},
            {"a 16-bit TSS in TR", "mov eax, 0xa8\nltr ax\n" + pae + longMode + paging + noPaging},
        };
        for (String[] way : ways) {
            var draft = Draft.protectedMode(0)
                    .set("cr3", way[0].startsWith("2-level") ? Area.PAGE_DIRECTORY : Area.LEVEL_4)
                    .describe(SIXTEEN + 8, Area.descriptor(Area.OTHER_TSS, 0x2B, 0x81, 0))
                    .patch(Area.DATA, Area.four(0x3333_4444))
                    .patch(Area.CODE, Draft.assemble(32, Area.CODE, way[1] + "int3\n"));
            boolean refused = way[0].equals("without PAE") || way[0].startsWith("a 16-bit TSS");
            cases.add(draft.named(
                    "mode switch: %s; %s", refused ? "paging with LME refused" : "paging and long mode", way[0]));
        }
    }
}
