package ringside.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MemorySizeTest {
    @ParameterizedTest
    @CsvSource({"64M, 67108864", "1m, 1048576", "2048K, 2097152", "1048576, 1048576", "1G, 1073741824"})
    void readsSizesAsPeopleWriteThem(String text, long bytes) {
        assertEquals(bytes, MemorySize.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1T", "2G", "1023K", "999999999999999T", "1048577"})
    void refusesWhatNoMachineMayHaveAndSaysWhatItMay(String text) {
        var refusal = assertThrows(BadImage.class, () -> MemorySize.parse(text));
        assertTrue(refusal.sentence().contains("memory " + text), refusal.sentence());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "much", "-1M", "64MB", "0x100000", "1.5M", "9999999999999999"})
    void refusesWhatIsNoSize(String text) {
        var refusal = assertThrows(BadImage.class, () -> MemorySize.parse(text));
        assertTrue(refusal.sentence().contains("write it like 64M"), refusal.sentence());
    }

    @Test
    void optionsHoldOnlyPossibleSizes() {
        assertThrows(BadImage.class, () -> ImageOptions.DEFAULT.withMemory(0));
        assertEquals(1 << 20, ImageOptions.DEFAULT.withMemory(1 << 20).memory());
    }
}
