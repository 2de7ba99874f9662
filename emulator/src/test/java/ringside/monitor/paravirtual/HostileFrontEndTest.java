package ringside.monitor.paravirtual;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Random;
import org.junit.jupiter.api.Test;
import ringside.memory.Ram;
import ringside.monitor.Ending;

/**
 * A domain that breaks every rule of its rings: whatever it writes into the shared pages and its grant table, domain 0 goes on, and nobody's
 * memory is touched that was not granted.
 */
class HostileFrontEndTest {
    private static final int CASES = Boolean.getBoolean("ringside.long") ? 100_000 : 300;

    /** Where the split driver's ring, data and grant table are, in guest.asm; each of these pages is domain 1's. */
    private static final int RING = 5;

    private static final int DATA = 6;

    /** Guest time at which the disk is connected and its requests are next. */
    private static final long CONNECTED = 46_000;

    private final Random random = new Random(20261201);
    private XenGuest guest = connected();

    private static XenGuest connected() {
        XenGuest guest = XenGuest.splitDriver().run(CONNECTED);
        assertThat(guest.printed()).contains("dom0: disk of domain 1 connected");
        assertThat(guest.xen.ending()).isEmpty();
        return guest;
    }

    private Domain domain() {
        return guest.xen.guest();
    }

    private long page(int physical) {
        return (long) (domain().place().pages() - 1 - physical) << 12;
    }

    private long store() {
        return domain().grants().frame(1) << 12;
    }

    private long console() {
        return domain().grants().frame(0) << 12;
    }

    private int count() {
        return switch (random.nextInt(6)) {
            case 0 -> random.nextInt();
            case 1 -> random.nextInt(2048);
            case 2 -> -random.nextInt(40);
            case 3 -> Integer.MIN_VALUE;
            default -> random.nextInt(34);
        };
    }

    private void write(long address, int size, long value) {
        domain().ram().write(address, size, value);
    }

    private void spoil() {
        switch (random.nextInt(7)) {
            case 0 -> {
                for (int i = 0; i < 64; i++) {
                    write(console() + 0x400 + random.nextInt(2048), 1, random.nextInt(256));
                }
                write(console() + 0xC08, 4, count());
                write(console() + 0xC0C, 4, count());
            }
            case 1 -> message();
            case 2 -> write(store() + 0x800 + 4L * random.nextInt(4), 4, count());
            case 3 -> write(page(RING), 4, count());
            case 4 -> {
                long at = page(RING) + 64 + 112L * random.nextInt(32);
                for (int i = 0; i < 112; i++) {
                    write(at + i, 1, random.nextInt(4) == 0 ? random.nextInt(256) : i == 24 ? 9 : i == 1 ? 1 : 0);
                }
                write(page(RING), 4, domain().ram().read(page(RING), 4) + 1);
            }
            case 5 -> {
                int entry = random.nextInt(12);
                int[] places = {RING, DATA, 1, 2, 3};
                long frame = random.nextBoolean() ? random.nextInt() : page(places[random.nextInt(5)]) >>> 12;
                if (entry > 1) {
                    write(
                            (long) domain().space().grantFrame(0) << 12 | entry * 8L,
                            8,
                            frame << 32 | random.nextInt(32));
                }
            }
            default -> write(page(DATA) + random.nextInt(Ram.FRAME_SIZE), 1, random.nextInt(256));
        }
    }

    /** A request to the store, well formed but for chance. */
    private void message() {
        String[] paths = {
            "device/vbd/51712/state", "device/vbd/51712/ring-ref", "device/vbd/51712/event-channel", "/", "x"
        };
        String text =
                paths[random.nextInt(paths.length)] + "\0" + random.nextInt(12) + (random.nextBoolean() ? "\0" : "");
        int length = random.nextInt(8) == 0 ? count() : text.length();
        int[] header = {random.nextInt(20), 1, 0, length};
        int from = (int) domain().ram().read(store() + 0x804, 4);
        for (int i = 0; i < 16 + text.length(); i++) {
            int value = i < 16 ? header[i / 4] >>> i % 4 * 8 : text.charAt(i - 16);
            write(store() + (from + i & 1023), 1, value & 0xFF);
        }
        write(store() + 0x804, 4, (from + 16L + text.length()) & 0xFFFF_FFFFL);
    }

    @Test
    void domain0GoesOnWhateverTheOtherWrites() {
        Domain domain0 = guest.xen.domains().find(Domain.ZERO).orElseThrow();
        long served = 0;
        for (int n = 0; n < CASES; n++) {
            if (n % 50 == 49 || guest.xen.ending().isPresent()) {
                new FrameAudit(guest.xen.domains()).check();
                guest = connected();
                domain0 = guest.xen.domains().find(Domain.ZERO).orElseThrow();
            }
            for (int i = random.nextInt(4); i >= 0; i--) {
                spoil();
            }
            for (int port = 1; port < 6; port++) {
                domain0.raise(port);
            }
            guest.run(3_000);
            assertFalse(domain0.isDown(), "domain 0 after case " + n);
            served += guest.events.stream()
                    .filter(event ->
                            event.domain().equals("dom0") && event.reason().equals("event_channel_op"))
                    .count();
            guest.events.clear();
        }
        assertThat(served).as("times that domain 0 told of something").isGreaterThan(CASES / 2);
    }

    @Test
    void domain0sMemoryIsItsOwn() {
        XenGuest alone = XenGuest.besideSampleDomain0("""
            start:  mov dword [request + 16], 0     ; domain 0 has granted nothing
                    xor edi, edi
                    mov rsi, request
                    mov edx, 1
                    hypercall 20
                    movsx rax, word [request + 18]
                    mov [results], rax
                    mov rdi, update                 ; nor may its frames be mapped by number
                    mov esi, 1
                    xor edx, edx
                    xor r10d, r10d                  ; frames of domain 0
                    hypercall 1
                    mov [results + 8], rax
                    shutdown 0
            results: dq 0, 0
            request: dq page
                    dd 2, 8
                    dq 0, 0
            update: dq 0, 0
                    align 4096, db 0
            page:   times 4096 db 0
            """).run(10_000_000);
        assertEquals(Ending.Kind.SHUTDOWN, alone.end());
        assertEquals(-1, alone.at("results", 8), "GNTST_general_error");
        assertEquals(-1, alone.at("results", 8, 8), "EPERM");
    }
}
