package ringside.monitor.translation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import ringside.monitor.Guest;
import ringside.monitor.Options;
import ringside.monitor.Options.Translator;
import ringside.monitor.RandomKernel;

/** Kernels made by chance end, and are on the way, as on a bare machine, whoever translates them. */
class RandomKernelsTest {
    private static final int KERNELS = Boolean.getBoolean("ringside.long") ? 10_000 : 100;
    private static final long[] TIMES = {20, 21, 22, 100, 101, 700, 2_000, 5_000};

    /** VirtualBox's patches can be read: {@link #inRawModeAreAsOnABareMachine} leaves that out. */
    @ParameterizedTest
    @EnumSource(
            value = Translator.class,
            names = {"VMWARE", "KQEMU"})
    void areAsOnABareMachine(Translator translator) {
        Options options = Options.DEFAULT.withTranslator(translator);
        for (long seed = 0; seed < KERNELS; seed++) {
            Guest bare = RandomKernel.start("bare", Options.DEFAULT, seed);
            Guest other = RandomKernel.start("binary-translation", options, seed);
            for (long time : TIMES) {
                assertEquals(bare.runUntil(time).visible(), other.runUntil(time).visible(), "seed " + seed);
            }
        }
    }

    @Test
    void inRawModeAreAsOnABareMachine() {
        Options options = Options.DEFAULT.withTranslator(Translator.VIRTUALBOX);
        long patched = 0;
        for (long seed = 0; seed < KERNELS; seed++) {
            Guest bare = RandomKernel.startForRawMode("bare", Options.DEFAULT, seed);
            Guest other = RandomKernel.startForRawMode("binary-translation", options, seed);
            for (long time : TIMES) {
                assertEquals(bare.runUntil(time).visible(), other.runUntil(time).visible(), "seed " + seed);
            }
            patched += other.monitor.translated().orElseThrow().blocks();
        }
        assertTrue(patched > KERNELS, "raw mode was used");
    }
}
