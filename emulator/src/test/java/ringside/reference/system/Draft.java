package ringside.reference.system;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import ringside.cpu.instruction.InstructionSet;
import ringside.isa.Assembler;
import ringside.isa.Source;

/** A case in the making. */
final class Draft {
    private static final Assembler ASSEMBLER = new Assembler(InstructionSet.forms());
    private static final Map<String, byte[]> ASSEMBLED = new ConcurrentHashMap<>();
    private static final List<String> WORDS = List.of(
            "cr0", "cr3", "cr4", "efer", "ldtr", "tr", "dr7", "dr0", "ds", "es", "fs", "gs", "ss", "cs", "flags");
    private static final List<String> LONGS = List.of("rip", "rsp", "rax", "rcx", "rdx", "rbx", "rbp", "rsi", "rdi");

    private final int bits;
    private final boolean inLongMode;
    private final int[] words = new int[34];
    private final List<SystemCase.Patch> patches = new ArrayList<>();

    private Draft(int bits, boolean inLongMode) {
        this.bits = bits;
        this.inLongMode = inLongMode;
        set("cr0", 0x31).set("dr7", 0x400).set("flags", 2).set("rip", Area.CODE);
        set("ldtr", Area.LOCAL).set("tr", inLongMode ? Area.TASK_64 : Area.TASK);
    }

    /** 32-bit protected mode without paging, flat segments. */
    static Draft protectedMode(int ring) {
        return new Draft(32, false).ring(ring);
    }

    private Draft ring(int ring) {
        int[] code = {Area.KERNEL_CODE, Area.CODE_1, Area.CODE_2, Area.USER_CODE};
        int[] data = {Area.KERNEL_DATA, Area.DATA_1, Area.DATA_2, Area.USER_DATA};
        int[] stack = {Area.STACK_0, Area.STACK_1, Area.STACK_2, Area.STACK_3};
        set("cs", code[ring]).set("ss", data[ring]).set("rsp", stack[ring] - 0x100);
        for (String segment : List.of("ds", "es", "fs", "gs")) {
            set(segment, data[ring]);
        }
        return this;
    }

    /** Virtual-8086 mode; the code is at 2000:0000. */
    static Draft virtual8086(int iopl) {
        var draft = new Draft(16, false);
        draft.set("flags", 0x2_0002 | iopl << 12).set("cs", 0x2000).set("rip", 0);
        draft.set("ss", 0x2200).set("rsp", 0xF00);
        for (String segment : List.of("ds", "es", "fs", "gs")) {
            draft.set(segment, 0x2100);
        }
        return draft;
    }

    /** 64-bit mode. */
    static Draft longMode(int ring) {
        var draft = new Draft(64, true).ring(ring);
        draft.set("cs", ring == 0 ? Area.KERNEL_CODE_64 : Area.USER_CODE_64);
        return draft.longPaging();
    }

    /** Compatibility mode, 32-bit code. */
    static Draft compatibility(int ring) {
        return new Draft(32, true).ring(ring).longPaging();
    }

    private Draft longPaging() {
        return set("cr0", 0x8000_0031).set("cr3", Area.LEVEL_4).set("cr4", 0x20).set("efer", 0xD01);
    }

    /** Sets a register; general registers by their 64-bit names. */
    Draft set(String register, long value) {
        int word = WORDS.indexOf(register);
        if (word >= 0) {
            words[word] = (int) value;
            return this;
        }
        int index = LONGS.indexOf(register);
        if (index < 0) {
            throw new IllegalStateException("no register " + register);
        }
        int at = 16 + 2 * index;
        words[at] = (int) value;
        words[at + 1] = (int) (value >>> 32);
        return this;
    }

    /** What the register is set to, as far as 32 bits hold it. */
    int get(String register) {
        int word = WORDS.indexOf(register);
        return word >= 0 ? words[word] : words[16 + 2 * LONGS.indexOf(register)];
    }

    Draft patch(int address, byte[] bytes) {
        patches.add(new SystemCase.Patch(address, bytes.clone()));
        return this;
    }

    Draft patch(int address, long doubleword) {
        return patch(address, Area.four(doubleword));
    }

    /** Puts a descriptor into the GDT, or the LDT where the selector says so. */
    Draft describe(int selector, byte[] descriptor) {
        return patch(((selector & 4) == 0 ? Area.GDT : Area.LDT) + (selector & ~7), descriptor);
    }

    /** The instructions at CS:RIP; INT3 follows. */
    Draft code(String... lines) {
        return code(Area.CODE, bits == 16 ? 0 : Area.CODE, bits, lines);
    }

    /** Instructions elsewhere, for an offset in their segment. */
    Draft code(int address, int offset, int codeBits, String... lines) {
        String given = String.join("\n", lines);
        String text = codeBits == 64 ? given : OF_64_BIT_MODE.getOrDefault(given, given);
        return patch(address, assemble(codeBits, offset, text + "\nint3\n"));
    }

    /** Bytes of instructions that our assembler refuses where they do not exist. */
    private static final Map<String, String> OF_64_BIT_MODE =
            Map.of("syscall", "db 0x0f, 5", "sysret", "db 0x0f, 7", "swapgs", "db 0x0f, 1, 0xf8");

    static byte[] assemble(int bits, int offset, String text) {
        String source = "bits " + bits + "\norg " + offset + "\n" + text;
        return ASSEMBLED.computeIfAbsent(source, s -> {
            var result = ASSEMBLER.assemble(Source.of("case.asm", s));
            return result.program()
                    .orElseThrow(() -> new AssertionError(s + result.errors()))
                    .bytes()
                    .toArray();
        });
    }

    /**
     * The case.
     *
     * @param text a format: its form, and details behind a semicolon
     */
    SystemCase named(String text, Object... parts) {
        String[] name = String.format(Locale.ROOT, text, parts).split("; ", 2);
        List<Integer> state = Arrays.stream(words).boxed().toList();
        return new SystemCase(name[0], name.length > 1 ? name[1] : "", inLongMode, state, patches);
    }
}
