package ringside.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import ringside.monitor.Options.Generation;
import ringside.probe.Event;

class CostModelTest {
    private static Event exit(String kind, String reason, String answeredBy) {
        return new Event.Exit(kind, reason, 0, 0, 0, answeredBy, 0);
    }

    @Test
    void everyLineNamesItsProcessorAndItsSource() {
        for (Generation generation : Generation.values()) {
            for (CostModel.Line line : CostModel.of(generation).lines()) {
                // What those who answer tell each other is charged with the exit.
                boolean isStep = line.event().equals("step of an answer");
                assertEquals(isStep, line.cycles() == 0, line.event());
                assertTrue(line.cycles() >= 0, line.event());
                assertTrue(line.source().matches(".*(19|20)\\d\\d.*"), line.event() + " has no year");
                assertTrue(line.processor().length() > 10, line.event());
            }
        }
    }

    @Test
    void theDeviceModelIsChargedOnceForAnExitAndNotForTheServiceOfAParavirtualDomain() {
        assertEquals(20_574, CostModel.TODAY.cycles(exit("vm-exit", "IO_INSTRUCTION", "dom0")));
        assertEquals(0, CostModel.TODAY.cycles(new Event.Step("ioreq", "STATE_IOREQ_READY", 1, 0, 0x3F8, "xen")));
        assertEquals(3_223, CostModel.TODAY.cycles(exit("backend", "CONSOLE", "dom0")));
    }

    @Test
    void answeringInUserSpaceCostsMoreThanInTheKernelAndThatMoreThanTheBareExit() {
        long user = CostModel.TODAY.cycles(exit("vm-exit", "IO_INSTRUCTION", "kvm-user"));
        long kernel = CostModel.TODAY.cycles(exit("vm-exit", "IO_INSTRUCTION", "kvm-kernel"));
        long bareExit = CostModel.TODAY.cycles(exit("vm-exit", "IO_INSTRUCTION", "monitor"));
        assertTrue(user > kernel && kernel > bareExit, user + " " + kernel + " " + bareExit);
    }

    @Test
    void aCalloutCostsLessThanATrap() {
        long callout = CostModel.TODAY.cycles(exit("callout", "CALLOUT", "translator"));
        assertEquals(214, callout, "IN under the software VMM: the emulator is called, and nothing traps");
        assertTrue(callout < CostModel.TODAY.cycles(exit("trap", "GENERAL_PROTECTION", "monitor")));
    }

    @Test
    void aPageFaultIsChargedAsOneWhereverItIsDelivered() {
        assertEquals(1093, CostModel.TODAY.cycles(new Event.Delivery("fault", "PAGE_FAULT", 14, 2)));
        assertEquals(3927, CostModel.TODAY.cycles(exit("hidden", "PAGE_FAULT", "monitor")));
        assertEquals(3927, CostModel.TODAY.cycles(exit("trap", "PAGE_FAULT", "monitor")));
    }

    @Test
    void aProgramsKernelIsEnteredAtThePriceOfTheBareMachine() {
        assertEquals(138, CostModel.TODAY.cycles(exit("system-call", "write", "host-kernel")));
        assertEquals(1093, CostModel.TODAY.cycles(exit("exception", "PAGE_FAULT", "host-kernel")));
        assertEquals(889, CostModel.TODAY.cycles(exit("exception", "INVALID_OPCODE", "host-kernel")));
    }

    @Test
    void anExitCostsWhatItDidInItsTimeAndOnItsHardware() {
        Event vtX = exit("vm-exit", "CPUID", "monitor");
        Event amdV = exit("vmexit", "CPUID", "monitor");
        assertEquals(1931 + 2409, CostModel.of(Generation.YEAR_2005).cycles(vtX));
        assertEquals(2000, CostModel.of(Generation.YEAR_2010).cycles(vtX));
        assertEquals(3300, CostModel.of(Generation.YEAR_2008).cycles(amdV));
        assertEquals(1376, CostModel.TODAY.cycles(amdV));
        assertEquals(
                CostModel.TODAY.cycles(exit("vm-exit", "IO_INSTRUCTION", "kvm-kernel")),
                CostModel.TODAY.cycles(exit("vmexit", "IOIO", "kvm-kernel")),
                "what KVM itself does is no matter of the vendor");
    }
}
