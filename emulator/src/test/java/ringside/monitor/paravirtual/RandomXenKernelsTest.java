package ringside.monitor.paravirtual;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random bytes as a kernel for Xen: whatever they do ends in the architecture's answer, and what Xen knows of the frames stays true. Each fault leads
 * to the next sixteen bytes, so that a guest does more than its first one.
 */
class RandomXenKernelsTest {
    private static final int KERNELS = Boolean.getBoolean("ringside.long") ? 20_000 : 150;
    private static final int UNITS = 3000;
    private static final int CODE = 2048;

    private static final String KERNEL_64 = """
        start:  mov rdi, traps
                hypercall 0
        next:   mov rsp, stack
                mov rbx, [count]
                add qword [count], 16
                and ebx, 2047
                add rbx, code
                mov rsi, [count]
                lea rdx, [rsi+0x1000]
                lea rdi, [rbx+8]
                mov r10d, 0x7FF0
                jmp rbx
        align 16
        traps:
        %assign v 0
        %rep 32
                db v, v % 4
                dw 0xE033, 0, 0
                dq next
        %assign v v+1
        %endrep
                dq 0, 0
        count:  dq 0
                times 512 db 0
        stack:
        align 16
        code:
        """;

    private static final String KERNEL_32 = """
        start:  mov ebx, traps
                hypercall 0
        next:   mov esp, stack
                mov ebp, [count]
                add dword [count], 16
                and ebp, 2047
                add ebp, code
                mov edx, [count]
                lea ecx, [ebp+8]
                mov ebx, ecx
                mov esi, 0x7FF0
                jmp ebp
        align 16
        traps:
        %assign v 0
        %rep 32
                db v, v % 4
                dw 0xE019
                dd next
        %assign v v+1
        %endrep
                dd 0, 0
        count:  dd 0
                times 512 db 0
        stack:
        align 16
        code:
        """;

    /** Calls and what else a kernel knows of Xen, between bytes that mean nothing. */
    private static String code(Random random, boolean wide) {
        byte[] bytes = new byte[CODE];
        random.nextBytes(bytes);
        for (int at = 0; at + 16 <= CODE; at += 16) {
            if (random.nextInt(3) == 0) {
                byte[] call = wide
                        ? new byte[] {(byte) 0xB8, (byte) random.nextInt(49), 0, 0, 0, 0x0F, 0x05}
                        : new byte[] {(byte) 0xB8, (byte) random.nextInt(49), 0, 0, 0, (byte) 0xCD, (byte) 0x82};
                System.arraycopy(call, 0, bytes, at, call.length);
            }
        }
        StringBuilder data = new StringBuilder();
        for (int i = 0; i < CODE; i += 16) {
            data.append("db ");
            for (int n = 0; n < 16; n++) {
                data.append(n == 0 ? "" : ",").append(bytes[i + n] & 0xFF);
            }
            data.append('\n');
        }
        return data.append("times 64 db 0x90\n").toString();
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 32})
    void anyKernelEndsOrGoesOnWithoutAnErrorOfOurs(int bits) {
        boolean wide = bits == 64;
        int hypercalls = 0;
        for (long seed = 0; seed < KERNELS; seed++) {
            String code = code(new Random(seed), wide);
            try {
                XenGuest guest = wide ? XenGuest.running64(KERNEL_64 + code) : XenGuest.running32(KERNEL_32 + code);
                guest.run(UNITS);
                new FrameAudit(guest.xen.domains()).check();
                hypercalls += (int) guest.events.stream()
                        .filter(event -> event.kind().equals("hypercall"))
                        .count();
            } catch (RuntimeException | Error error) {
                throw new AssertionError(bits + " bits, seed " + seed, error);
            }
        }
        assertThat(hypercalls).isGreaterThan(5 * KERNELS);
    }
}
