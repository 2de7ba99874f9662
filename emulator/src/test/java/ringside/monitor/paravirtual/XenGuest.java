package ringside.monitor.paravirtual;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import ringside.cpu.Registers;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.monitor.Ending;
import ringside.monitor.GuestProcessor;
import ringside.probe.Event;
import ringside.session.SampleGuests;

/** A small kernel for Xen, assembled from its body, in a domain of its own. */
final class XenGuest {
    static final long MEMORY = 8 << 20;

    private static final String NOTES = """
        %macro note_number 2
                dd 4, 8, %1
                db "Xen", 0
                dq %2
        %endmacro
        %macro note_text 2
                dd 4, %%end - %%text, %1
                db "Xen", 0
        %%text: db %2, 0
        %%end:  align 4, db 0
        %endmacro
        notes:  note_text 5, "xen-3.0"
                note_text 6, "test"
                note_text 8, "generic"
                note_text 9, "yes"
                note_number 1, start
                note_number 2, hypercall_page
                note_number 3, BASE
        notes_end:
        hypercall_page equ elf + 0x1000
        """;

    private static final String HEAD_64 = """
                bits 64
        BASE    equ 0xFFFFFFFF80000000
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
                dq 0, elf, 0x100000, file_end - elf, 0x10000, 0x1000
                dd 4, 4
                dq notes - elf, notes, 0x100000 + notes - elf, notes_end - notes, notes_end - notes, 4
        %macro hypercall 1
                call hypercall_page + %1 * 32
        %endmacro
        %macro print 2
                xor edi, edi
                mov esi, %2
                mov rdx, %1
                hypercall 18
        %endmacro
        %macro shutdown 1
                mov dword [reason], %1
                mov edi, 2
                mov rsi, reason
                hypercall 29
        %endmacro
        """;

    private static final String HEAD_32 = """
                bits 32
        BASE    equ 0xC0000000
                org 0xC0100000
        elf:    db 0x7F, "ELF", 1, 1, 1, 0
                dq 0
                dw 2, 3
                dd 1, elf, programs - elf, 0, 0
                dw 52, 32, 2, 40, 0, 0
        programs:
                dd 1, 0, elf, 0x100000, file_end - elf, 0x10000, 7, 0x1000
                dd 4, notes - elf, notes, 0x100000 + notes - elf, notes_end - notes, notes_end - notes, 4, 4
        %macro hypercall 1
                call hypercall_page + %1 * 32
        %endmacro
        %macro print 2
                xor ebx, ebx
                mov ecx, %2
                mov edx, %1
                hypercall 18
        %endmacro
        %macro shutdown 1
                mov dword [reason], %1
                mov ebx, 2
                mov ecx, reason
                hypercall 29
        %endmacro
        """;

    private static final String TAIL = """
                align 8, db 0
        reason: dq 0
                times 0x2000 - ($ - $$) db 0
        file_end:
        """;

    final Xen xen;
    final GuestImage image;
    final Optional<GuestImage> domain0;
    final List<Event> events = new ArrayList<>();

    private XenGuest(String source) {
        image = image(source);
        domain0 = Optional.empty();
        GuestProcessor processor =
                GuestProcessor.load(image, Xen.memory(MEMORY), GuestProcessor.WITHOUT_INTERRUPTS, events::add);
        xen = new Xen(processor, image.xenKernel().orElseThrow(), events::add);
    }

    /** A domain with another one, domain 0, beside it. */
    private XenGuest(GuestImage image, GuestImage image0) {
        this.image = image;
        domain0 = Optional.of(image0);
        GuestProcessor processor = GuestProcessor.load(
                image,
                Xen.machine(image.memory(), image0.memory()),
                GuestProcessor.WITHOUT_INTERRUPTS,
                GuestProcessor.PLAIN,
                events::add);
        xen = new Xen(processor, image.xenKernel().orElseThrow(), image0.xenKernel(), events::add);
    }

    private static GuestImage image(String source) {
        return Images.recognize(
                source.getBytes(StandardCharsets.UTF_8), "test.asm", ImageOptions.DEFAULT.withMemory(MEMORY));
    }

    /** Two 64-bit kernels: domain 1, and domain 0 that must let it run. */
    static XenGuest beside(String body0, String body) {
        return new XenGuest(image(source64(body)), image(source64(body0)));
    }

    /** The sample guest split-driver, both of its domains. */
    static XenGuest splitDriver() {
        return splitDriver(SampleGuests.source("split-driver").orElseThrow());
    }

    static XenGuest splitDriver(String source) {
        GuestImage image = Images.recognize(
                source.getBytes(StandardCharsets.UTF_8),
                "guest.asm",
                ImageOptions.DEFAULT.withMemory(MEMORY).withFolder(SampleGuests::file));
        return new XenGuest(image, image.domain0().orElseThrow());
    }

    /** A 64-bit kernel beside the domain 0 that comes with Ringside. */
    static XenGuest besideSampleDomain0(String body) {
        return new XenGuest(image(source64(body)), splitDriver().domain0.orElseThrow());
    }

    private static String source64(String body) {
        return HEAD_64 + NOTES + "        times 0x2000 - ($ - $$) db 0\n" + body + "\n" + tail();
    }

    /** A 64-bit kernel whose code and data, {@code start} among them, are given; they lie behind the hypercall page. */
    static XenGuest running64(String body) {
        return new XenGuest(source64(body));
    }

    static XenGuest running32(String body) {
        return new XenGuest(HEAD_32 + NOTES + "        times 0x2000 - ($ - $$) db 0\n" + body + "\n" + tail());
    }

    private static String tail() {
        return TAIL.replace("0x2000", "0x6000");
    }

    /** Runs at most so many units of guest time. */
    XenGuest run(long time) {
        xen.run(xen.machine().clock().now() + time);
        return this;
    }

    String printed() {
        return new String(xen.machine().serial().bytes(), StandardCharsets.ISO_8859_1);
    }

    Ending.Kind end() {
        return xen.ending().orElseThrow().kind();
    }

    long register(int number) {
        return xen.real().registers.get(number);
    }

    long rax() {
        return register(Registers.RAX);
    }

    /** The number at a label. */
    long at(String label, int size) {
        return at(label, 0, size);
    }

    /** The number so many bytes behind a label. */
    long at(String label, int offset, int size) {
        return at(xen.guest(), image, label, offset, size);
    }

    /** The same of domain 0. */
    long at0(String label, int offset, int size) {
        Domain domain = xen.domains().find(Domain.ZERO).orElseThrow();
        return at(domain, domain0.orElseThrow(), label, offset, size);
    }

    private long at(Domain domain, GuestImage kernel, String label, int offset, int size) {
        long physical = kernel.symbol(label).orElseThrow()
                + offset
                - kernel.xenKernel().orElseThrow().virtualBase();
        long last = (long) domain.place().first() + domain.place().pages() - 1;
        return xen.machine().ram().read((last - (physical >>> 12) << 12) | physical & 0xFFF, size);
    }

    long address(String label) {
        return image.symbol(label).orElseThrow();
    }

    /** Reasons of the exits, in order. */
    List<String> exits() {
        return events.stream()
                .filter(Event.Exit.class::isInstance)
                .map(Event::reason)
                .toList();
    }
}
