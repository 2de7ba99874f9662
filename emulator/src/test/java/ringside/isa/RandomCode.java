package ringside.isa;

import java.util.Arrays;
import java.util.Random;

/** Random instructions with more prefixes and two-byte opcodes than pure chance would give; the same for the same seed. */
final class RandomCode {
    private static final int[] PREFIXES = {0x66, 0x67, 0x66, 0x67, 0xF0, 0xF2, 0xF3, 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65
    };

    private final Random random;
    private final Decoder decoder;
    private final int bits;

    RandomCode(long seed, Decoder decoder, int bits) {
        this.random = new Random(seed);
        this.decoder = decoder;
        this.bits = bits;
    }

    /** Sixteen random bytes. */
    byte[] bytes() {
        var bytes = new byte[16];
        random.nextBytes(bytes);
        int at = 0;
        while (at < 8 && random.nextInt(5) == 0) {
            bytes[at++] = (byte) PREFIXES[random.nextInt(PREFIXES.length)];
        }
        if (bits == 64 && random.nextInt(3) == 0) {
            bytes[at++] = (byte) (0x40 + random.nextInt(16));
        }
        if (random.nextInt(3) == 0) {
            bytes[at] = 0x0F;
        }
        return bytes;
    }

    /** The next random bytes that the table has an instruction for: exactly that instruction. */
    byte[] instruction() {
        while (true) {
            var bytes = bytes();
            try {
                var decoded = decoder.decode(CodeSource.of(Arrays.copyOf(bytes, 32), 0), bits);
                if (decoded.length <= bytes.length) {
                    return Arrays.copyOf(bytes, decoded.length);
                }
            } catch (UndefinedInstruction e) {
                // The next one.
            }
        }
    }
}
