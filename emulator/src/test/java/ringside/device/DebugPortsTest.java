package ringside.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.bus.PortBus;

class DebugPortsTest {
    private final PortBus ports = new PortBus();
    private final List<Integer> told = new ArrayList<>();

    @Test
    void theDebugPortShowsBytesAndTellsThatItIsThere() {
        ports.attach(DebugPort.PORT, 1, new DebugPort(told::add));
        ports.write(0xE9, 1, 0x141);
        assertEquals(List.of(0x41), told);
        assertEquals(0xE9, ports.read(0xE9, 1));
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "1, 3", "16, 33", "127, 255", "128, 1", "255, 255"})
    void theDebugExitEndsTheRunWithAnOddStatus(int value, int status) {
        ports.attach(DebugExit.PORT, 1, new DebugExit(told::add));
        ports.write(0xF4, 1, value);
        assertEquals(List.of(status), told);
        assertEquals(0xFF, ports.read(0xF4, 1));
    }
}
