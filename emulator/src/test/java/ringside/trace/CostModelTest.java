package ringside.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import ringside.probe.Event;

class CostModelTest {
    private static Event exit(String kind, String reason, String answeredBy) {
        return new Event.Exit(kind, reason, 0, 0, 0, answeredBy, 0);
    }

    @Test
    void everyLineNamesItsProcessorAndItsSource() {
        for (CostModel.Line line : CostModel.lines()) {
            assertTrue(line.cycles() > 0, line.event());
            assertTrue(line.source().matches(".*(19|20)\\d\\d.*"), line.event() + " has no year");
            assertTrue(line.processor().length() > 10, line.event());
        }
    }

    @Test
    void answeringInUserSpaceCostsMoreThanInTheKernelAndThatMoreThanTheBareExit() {
        long user = CostModel.cycles(exit("vm-exit", "IO_INSTRUCTION", "kvm-user"));
        long kernel = CostModel.cycles(exit("vm-exit", "IO_INSTRUCTION", "kvm-kernel"));
        long bareExit = CostModel.cycles(exit("vm-exit", "IO_INSTRUCTION", "monitor"));
        assertTrue(user > kernel && kernel > bareExit, user + " " + kernel + " " + bareExit);
    }

    @Test
    void aPageFaultIsChargedAsOneWhereverItIsDelivered() {
        assertEquals(1093, CostModel.cycles(new Event.Delivery("fault", "PAGE_FAULT", 14, 2)));
        assertEquals(3927, CostModel.cycles(exit("hidden", "PAGE_FAULT", "monitor")));
        assertEquals(3927, CostModel.cycles(exit("trap", "PAGE_FAULT", "monitor")));
    }
}
