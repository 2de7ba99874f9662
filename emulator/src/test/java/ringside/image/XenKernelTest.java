package ringside.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.cpu.instruction.InstructionSet;
import ringside.image.XenNotes.Note;
import ringside.isa.Assembler;
import ringside.isa.Source;

/** Kernels for Xen as ELF files of both classes, whole and damaged. */
class XenKernelTest {
    private static final String NOTES = """
            %macro number 2
                    dd 4, 8, %1
                    db "Xen", 0
                    dq %2
            %endmacro
            %macro text 2
                    dd 4, %%end - %%text, %1
                    db "Xen", 0
            %%text: db %2, 0
            %%end:  align 4, db 0
            %endmacro
            notes:  dd 4, 16, 1
                    db "GNU", 0
                    dq 7, 8
                    text 5, "xen-3.0"
                    text 6, "test"
                    text 8, "generic"
                    text 9, "yes"
                    text 10, "!writable_page_tables|pae_pgdir_above_4gb"
                    number 1, start
                    number 2, hypercall_page
                    number 3, BASE
                    number 4, SURPLUS
                    number 99, 5
            notes_end:
            start:  nop
            file_end:
            hypercall_page equ elf + 0x1000
            """;

    private static final String FILE_64 = """
                    bits 64
            BASE    equ 0xFFFFFFFF80000000
            SURPLUS equ 0x1000000
                    org 0xFFFFFFFF80100000
            elf:    db 0x7F, "ELF", 2, 1, 1, 0
                    dq 0
                    dw 2, 62
                    dd 1
                    dq elf, programs - elf, 0
                    dd 0
                    dw 64, 56, 2, 64, 0, 0
            programs:
                    dd 1, 7
                    dq 0, elf, SURPLUS + 0x100000, file_end - elf, 0x3000, 0x1000
                    dd 4, 4
                    dq notes - elf, notes, SURPLUS + 0x100000 + notes - elf, notes_end - notes, notes_end - notes, 4
            """;

    private static final String FILE_32 = """
                    bits 32
            BASE    equ 0xC0000000
            SURPLUS equ 0
                    org 0xC0100000
            elf:    db 0x7F, "ELF", 1, 1, 1, 0
                    dq 0
                    dw 2, 3
                    dd 1, elf, programs - elf, 0, 0
                    dw 52, 32, 2, 40, 0, 0
            programs:
                    dd 1, 0, elf, 0x100000, file_end - elf, 0x3000, 7, 0x1000
                    dd 4, notes - elf, notes, 0x100000 + notes - elf, notes_end - notes, notes_end - notes, 4, 4
            """;

    private static final ImageOptions OPTIONS = ImageOptions.DEFAULT.withMemory(4 << 20);

    private static byte[] assembled(int bits, String notes) {
        var source = Source.of("kernel.asm", (bits == 64 ? FILE_64 : FILE_32) + notes);
        return new Assembler(InstructionSet.forms())
                .assemble(source)
                .get()
                .bytes()
                .toArray();
    }

    private static GuestImage read(byte[] file) {
        return Images.recognize(file, "kernel", OPTIONS);
    }

    private static String refusal(int bits, String was, String becomes) {
        String notes = NOTES.replace(was, becomes);
        assertFalse(notes.equals(NOTES));
        return assertThrows(BadImage.class, () -> read(assembled(bits, notes))).sentence();
    }

    @ParameterizedTest
    @CsvSource({"32, 0xC0000000, 0xE019, 0xE021", "64, 0xFFFFFFFF80000000, 0xE033, 0xE02B"})
    void saysHowItsDomainIsBuilt(int bits, String base, int code, int stack) {
        GuestImage image = read(assembled(bits, NOTES));
        XenKernel kernel = image.xenKernel().orElseThrow();
        long virtualBase = Long.parseUnsignedLong(base.substring(2), 16);
        assertEquals(bits, kernel.bits());
        assertTrue(kernel.isParavirtual());
        assertEquals(virtualBase, kernel.virtualBase());
        assertEquals(1, kernel.segments().size());
        assertEquals(0x100000, kernel.start());
        assertEquals(0x103000, kernel.end());
        assertEquals(virtualBase + 0x101000, kernel.hypercallPage().getAsLong());
        assertEquals("generic", kernel.notes().text(Note.LOADER));
        assertEquals("test", kernel.notes().text(Note.GUEST_OS));
        assertEquals(List.of("writable_page_tables"), kernel.notes().requiredFeatures());
        assertEquals(OptionalLong.empty(), kernel.notes().number(Note.INIT_P2M));
        assertEquals(
                0x90,
                image.xenKernel().orElseThrow().file().toArray()[(int) (kernel.entry() - virtualBase - 0x100000)]
                        & 0xFF,
                "the note's entry, not the header's: the NOP");

        assertEquals(bits, image.start().bits());
        assertEquals(kernel.entry(), image.start().rip());
        assertEquals(0x202, image.start().rflags());
        assertEquals(code, image.start().segments().get(1).selector());
        assertEquals(stack, image.start().segments().get(2).selector());
        assertTrue(image.segments().isEmpty());
        assertTrue(image.program().isEmpty());
    }

    @ParameterizedTest
    @ValueSource(ints = {32, 64})
    void aSourceMayWriteTheFileItself(int bits) {
        String source = (bits == 64 ? FILE_64 : FILE_32) + NOTES;
        GuestImage image = Images.recognize(source.getBytes(StandardCharsets.UTF_8), "kernel.asm", OPTIONS);
        assertEquals(
                read(assembled(bits, NOTES)).xenKernel().orElseThrow(),
                image.xenKernel().orElseThrow());
        assertEquals(
                image.symbol("start").getAsLong(),
                image.xenKernel().orElseThrow().entry());
        assertEquals(source, image.source().orElseThrow());
    }

    /** As Xen does where no segment holds notes for it. */
    @Test
    void notesMayLieInSections() {
        String sections = """
                sections:
                        times 64 db 0
                        dd 0, 7
                        dq 0, 0, notes - elf, notes_end - notes, 0, 0, 4, 0
                file_end:
                """;
        String file = (FILE_64 + NOTES.replace("file_end:", sections))
                .replace("dq elf, programs - elf, 0", "dq elf, programs - elf, sections - elf")
                .replace("dw 64, 56, 2, 64, 0, 0", "dw 64, 56, 1, 64, 2, 0");
        byte[] bytes = new Assembler(InstructionSet.forms())
                .assemble(Source.of("kernel.asm", file))
                .get()
                .bytes()
                .toArray();
        assertEquals("xen-3.0", read(bytes).xenKernel().orElseThrow().notes().text(Note.XEN_VERSION));
    }

    @Test
    void aKernelForPvhAloneIsNotParavirtual() {
        String notes = NOTES.replace("text 8, \"generic\"", "number 18, 0x100123");
        XenKernel kernel = read(assembled(32, notes)).xenKernel().orElseThrow();
        assertFalse(kernel.isParavirtual());
        assertEquals(0x100123, kernel.notes().number(Note.PHYS32_ENTRY).getAsLong());
    }

    @Test
    void whatXenWouldNotLoadIsRefused() {
        assertTrue(refusal(64, "text 8, \"generic\"", "text 8, \"grub\"").contains("loader \"grub\""));
        assertTrue(refusal(64, "xen-3.0", "xen-2.0").contains("interface \"xen-2.0\""));
        assertTrue(refusal(64, "number 3, BASE", "").contains("VIRT_BASE"));
        assertTrue(refusal(32, "text 9, \"yes\"", "text 9, \"no\"").contains("PAE_MODE"));
        assertTrue(refusal(64, "number 1, start", "number 1, start + 0x3000").contains("entry address"));
        assertTrue(refusal(64, "number 1, start", "number 1, 0x1000").contains("entry address"));
        assertTrue(refusal(64, "hypercall_page equ elf", "hypercall_page equ 8 + elf")
                .contains("hypercall page 0x"));
        assertTrue(refusal(64, "!writable_page_tables", "!flying").contains("flying"));
        assertTrue(refusal(64, "dd 4, 8, %1", "dd 4, 6, %1").contains("6 bytes instead of 4 or 8"));
        assertTrue(refusal(64, "db %2, 0", "db %2").contains("no zero byte"));
        assertTrue(refusal(64, "number 99, 5", "dd 4, 0x7FFFFFFF, 1, 0x6E6558").contains("longer than its table"));
        assertTrue(assertThrows(
                        BadImage.class,
                        () -> Images.recognize(assembled(64, NOTES), "kernel", OPTIONS.withMemory(1 << 20)))
                .sentence()
                .contains("memory ends at 0x100000"));
    }

    @Test
    void withoutNotesForXenAFileIsSomethingElse() {
        byte[] file = assembled(64, NOTES.replace("db \"Xen\", 0", "db \"xEN\", 0"));
        assertFalse(XenKernel.recognizes(file));
        assertFalse(XenKernel.recognizes(new byte[] {0x7F, 'E', 'L', 'F'}));
    }

    /** Whatever a file says: it is refused, or all that it loads lies in the file and in memory. */
    @ParameterizedTest
    @ValueSource(ints = {32, 64})
    void damagedFilesAreRefusedOrHarmless(int bits) {
        byte[] whole = assembled(bits, NOTES);
        Random random = new Random(bits);
        int read = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] file = java.util.Arrays.copyOf(
                    whole, random.nextInt(8) == 0 ? random.nextInt(whole.length) + 4 : whole.length);
            for (int k = random.nextInt(4); k >= 0; k--) {
                int at = 4 + random.nextInt(Math.max(1, Math.min(file.length, 400) - 4));
                file[Math.min(at, file.length - 1)] = random.nextInt(3) == 0 ? (byte) 0xFF : (byte) random.nextInt();
            }
            if (!XenKernel.recognizes(file)) {
                continue;
            }
            try {
                XenKernel kernel = XenKernel.read(file, 4 << 20);
                for (XenKernel.Load load : kernel.segments()) {
                    assertTrue(load.inFile() >= 0 && load.inFile() <= load.inMemory());
                    assertTrue(load.offset() >= 0 && load.offset() + load.inFile() <= file.length);
                    assertTrue(load.physical() >= 0 && load.end() <= 4 << 20);
                }
                read++;
            } catch (BadImage refused) {
                assertFalse(refused.sentence().isEmpty());
            }
        }
        assertTrue(read > 300, "most damage is harmless, " + read);
    }
}
