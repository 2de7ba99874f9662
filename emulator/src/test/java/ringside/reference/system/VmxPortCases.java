package ringside.reference.system;

import static ringside.cpu.vmx.VmcsField.*;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import ringside.cpu.vmx.VmcsField;

/** Accesses to ports and model-specific registers: SDM 3C, Instructions That Cause VM Exits Conditionally; I/O-Bitmap Addresses; MSR-Bitmap Address. */
final class VmxPortCases {
    private final List<VmxCase> cases = new ArrayList<>();

    private VmxPortCases() {}

    static List<VmxCase> all() {
        var made = new VmxPortCases();
        made.ports();
        made.stringPorts();
        made.modelSpecific();
        return made.cases;
    }

    private void ports() {
        String[] lines = {
            "in al, 0x92",
            "in ax, 0x92",
            "in eax, 0x92",
            "out 0x80, al",
            "out 0x80, ax",
            "out 0x80, eax",
            "in al, dx",
            "in ax, dx",
            "in eax, dx",
            "out dx, al",
            "out dx, ax",
            "out dx, eax"
        };
        for (String line : lines) {
            String form = "port: " + line.toUpperCase(Locale.ROOT).replaceAll("0X[0-9A-F]+", "imm8");
            cases.add(VmxDraft.paged(0)
                    .primary(1 << 24)
                    .set("rdx", 0xFFFF)
                    .code(line)
                    .named("%s; unconditional", form));
            cases.add(VmxDraft.longMode(0)
                    .primary(1 << 24)
                    .set("rdx", 0x80)
                    .code(line)
                    .named("%s; unconditional, 64 bits", form));
            cases.add(VmxDraft.paged(3)
                    .primary(1 << 24)
                    .set("rdx", 0x80)
                    .code(line)
                    .named("%s; unconditional, ring 3", form));
            cases.add(VmxDraft.paged(3)
                    .primary(1 << 24)
                    .set(GUEST_RFLAGS, 0x3002)
                    .set("rdx", 0x80)
                    .code(line)
                    .named("%s; unconditional, IOPL 3", form));
            cases.add(VmxDraft.virtual8086(3)
                    .primary(1 << 24)
                    .set("rdx", 0x80)
                    .code(line)
                    .named("%s; unconditional, virtual-8086", form));
            cases.add(VmxDraft.realMode()
                    .secondary(1 << 1 | 1 << 7, 1 << 24)
                    .set("rdx", 0x80)
                    .code(line)
                    .named("%s; unconditional, real", form));
            for (int port : new int[] {0x80, 0x81, 0x83, 0x84}) {
                cases.add(VmxDraft.paged(0)
                        .primary(1 << 25)
                        .octet(VmxArea.IO_MAP_A + port / 8, 1 << port % 8)
                        .octet(VmxArea.IO_MAP_A + 0x92 / 8, 1 << 3)
                        .set("rdx", 0x80)
                        .code(line, "xor eax, eax")
                        .named("%s; bitmap, bit of %x", form, port));
            }
        }
        for (int[] port : new int[][] {
            {0x7FFE, 0x8000}, {0x7FFC, 0x8000}, {0x8000, 0x8000}, {0xFFFF, 0}, {0xFFFD, 0}, {0xFFFF, 0xFFFF}
        }) {
            for (String line : new String[] {"out dx, al", "out dx, ax", "out dx, eax"}) {
                var draft = VmxDraft.paged(0).primary(1 << 25);
                if (port[1] != 0) {
                    draft.octet(
                            (port[1] < 0x8000 ? VmxArea.IO_MAP_A : VmxArea.IO_MAP_B) + (port[1] & 0x7FFF) / 8,
                            1 << port[1] % 8);
                }
                cases.add(draft.set("rdx", port[0])
                        .code(line)
                        .named("port: at the ends of a bitmap; %s, port %x, bit of %x", line, port[0], port[1]));
            }
        }
    }

    private void stringPorts() {
        String[] lines = {
            "insb",
            "insw",
            "insd",
            "outsb",
            "outsw",
            "outsd",
            "rep insb",
            "rep insd",
            "rep outsb",
            "rep outsw",
            "repne outsb",
            "fs outsb",
            "gs rep outsd",
            "a16 outsb",
            "a16 insw",
            "es outsb",
            "ss outsw",
            "cs outsb"
        };
        for (String line : lines) {
            String form = "port: " + line.toUpperCase(Locale.ROOT);
            for (var mode : VmxInstructionCases.MODES.entrySet()) {
                boolean wide = mode.getKey().startsWith("64");
                if (wide && line.startsWith("a16")) {
                    continue;
                }
                boolean real = mode.getKey().equals("real");
                cases.add(mode.getValue()
                        .get()
                        .secondary(real ? 1 << 1 | 1 << 7 : 0, 1 << 24)
                        .set("rdx", 0x80)
                        .set("rcx", 3)
                        .set("rsi", 0x2_1010)
                        .set("rdi", 0x2_1020)
                        .code(line)
                        .named("%s; %s", form, mode.getKey()));
            }
            cases.add(VmxDraft.paged(0)
                    .primary(1 << 24)
                    .set("rdx", 0x80)
                    .code(line)
                    .named("%s; count 0", form));
            cases.add(VmxDraft.paged(0)
                    .primary(1 << 24)
                    .set(GUEST_RFLAGS, 0x402)
                    .set("rdx", 0x80)
                    .set("rcx", 2)
                    .set("rsi", -1)
                    .set("rdi", 0x7000_0000)
                    .code(line)
                    .named("%s; nothing is there", form));
        }
        cases.add(VmxDraft.longMode(0)
                .primary(1 << 24)
                .set(GUEST_FS_BASE, 0x1000)
                .set("rdx", 0x80)
                .code("fs outsb")
                .named("port: FS OUTSB; base, 64 bits"));
        cases.add(VmxDraft.longMode(0)
                .primary(1 << 24)
                .set("rdx", 0x80)
                .set("rsi", 0x1_2345_6789L)
                .code("a32 outsb")
                .named("port: A32 OUTSB"));
        cases.add(VmxDraft.longMode(0)
                .primary(1 << 24)
                .set("rdx", 0x80)
                .set("rsi", 0x8000_0000_0000_0000L)
                .code("outsb")
                .named("port: OUTSB; an address that is not canonical"));
        cases.add(VmxDraft.paged(0)
                .primary(1 << 24)
                .segment("DS", 0, 0x1_0000, 0, 0)
                .set("rdx", 0x80)
                .code("outsb")
                .named("port: OUTSB; DS cannot be used"));
    }

    private void modelSpecific() {
        long[] numbers = {
            0, 0x10, 0x174, 0x1FFF, 0x2000, 0xC000_0080L, 0xC000_0100L, 0xC000_1FFFL, 0xC000_2000L, 0xBFFF_FFFFL, -1
        };
        for (long number : numbers) {
            for (boolean write : new boolean[] {false, true}) {
                String line = write ? "wrmsr" : "rdmsr";
                String form = "MSR: " + line.toUpperCase(Locale.ROOT);
                cases.add(VmxDraft.paged(0)
                        .set("rcx", number & 0xFFFF_FFFFL)
                        .code(line)
                        .named("%s; no bitmap, %x", form, number));
                boolean high = (number & 0xC000_0000L) == 0xC000_0000L;
                boolean held = (number & 0x3FFF_FFFF) < 0x2000 && number != -1 && number != 0xBFFF_FFFFL;
                if (held) {
                    int at = VmxArea.MSR_MAP + (write ? 0x800 : 0) + (high ? 0x400 : 0) + (int) (number & 0x1FFF) / 8;
                    cases.add(VmxDraft.paged(0)
                            .primary(1 << 28)
                            .octet(at, 1 << (number & 7))
                            .set("rcx", number & 0xFFFF_FFFFL)
                            .code(line)
                            .named("%s; bit, %x", form, number));
                } else {
                    cases.add(VmxDraft.paged(0)
                            .primary(1 << 28)
                            .set("rcx", number & 0xFFFF_FFFFL)
                            .code(line)
                            .named("%s; outside the bitmap, %x", form, number));
                }
                cases.add(VmxDraft.paged(3)
                        .set("rcx", number & 0xFFFF_FFFFL)
                        .code(line)
                        .named("%s; ring 3, %x", form, number));
            }
        }
        for (long number : new long[] {
            0x174, 0x175, 0x176, 0xC000_0081L, 0xC000_0082L, 0xC000_0084L, 0xC000_0100L, 0xC000_0101L, 0xC000_0102L
        }) {
            cases.add(VmxDraft.longMode(0)
                    .primary(1 << 28)
                    .set("rcx", number)
                    .set("rax", 0x1234)
                    .code("wrmsr", "xor eax, eax", "rdmsr")
                    .named("MSR: let through; %x", number));
        }
        for (VmcsField field : List.of(MSR_BITMAPS)) {
            cases.add(VmxDraft.paged(0)
                    .primary(1 << 28)
                    .set(field, VmxArea.SPARE)
                    .patch(VmxArea.SPARE, -1)
                    .set("rcx", 0x10)
                    .code("rdmsr")
                    .named("MSR: RDMSR; another bitmap"));
        }
    }
}
