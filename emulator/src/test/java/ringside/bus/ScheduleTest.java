package ringside.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    private final Schedule schedule = new Schedule();
    private final List<String> fired = new ArrayList<>();

    private Deadline named(String name) {
        return schedule.deadline(name, time -> fired.add(name + "@" + time));
    }

    @Test
    void withoutDeadlinesTheHorizonIsNever() {
        named("timer");
        assertEquals(Long.MAX_VALUE, schedule.next());
        schedule.fire(Long.MAX_VALUE - 1);
        assertEquals(List.of(), fired);
    }

    @Test
    void whatIsDueRunsInTheOrderOfTimeThenOfRegistration() {
        var a = named("a");
        var b = named("b");
        var c = named("c");
        c.at(5);
        b.at(5);
        a.at(9);
        assertEquals(5, schedule.next());
        schedule.fire(4);
        assertEquals(List.of(), fired);
        schedule.fire(10);
        assertEquals(List.of("b@5", "c@5", "a@9"), fired);
        assertEquals(Deadline.NEVER, schedule.next());
    }

    @Test
    void aDeadlineMaySetItselfAgainFromWithin() {
        var timer = new Deadline[1];
        timer[0] = schedule.deadline("timer", time -> {
            fired.add("timer@" + time);
            timer[0].at(time + 10);
        });
        timer[0].at(10);
        schedule.fire(35);
        assertEquals(List.of("timer@10", "timer@20", "timer@30"), fired);
        assertEquals(40, schedule.next());
    }

    @Test
    void aDeadlineSetByAnotherOneIsRunInTheSameRoundIfItIsDue() {
        var late = named("late");
        var first = schedule.deadline("first", time -> late.at(time + 1));
        first.at(3);
        schedule.fire(4);
        assertEquals(List.of("late@4"), fired);
    }

    @Test
    void cancellingAndMovingChangeTheHorizon() {
        var a = named("a");
        var b = named("b");
        a.at(5);
        b.at(7);
        a.cancel();
        assertEquals(7, schedule.next());
        b.at(9);
        assertEquals(9, schedule.next());
        assertEquals(9, b.time());
        assertEquals(Deadline.NEVER, a.time());
    }

    @Test
    void theRunLoopIsToldOnlyWhenTheHorizonComesNearer() {
        var told = new ArrayList<Long>();
        schedule.onNearer(told::add);
        var a = named("a");
        var b = named("b");
        a.at(100);
        b.at(200);
        b.at(50);
        b.at(70);
        a.cancel();
        assertEquals(List.of(100L, 50L), told);
    }

    @Test
    void onlyADeadlineThatIsSetAndHeardCanInterrupt() {
        var heard = new boolean[1];
        var timer = schedule.deadline("timer", () -> heard[0], time -> {});
        named("silent").at(3);
        assertFalse(schedule.canInterrupt(true));
        heard[0] = true;
        assertFalse(schedule.canInterrupt(true));
        timer.at(8);
        assertTrue(schedule.canInterrupt(true));
        heard[0] = false;
        assertFalse(schedule.canInterrupt(true));
    }

    @Test
    void aSnapshotHoldsAllTimesAndComparesByContent() {
        var a = named("a");
        var b = named("b");
        a.at(5);
        var saved = schedule.save();
        assertEquals(saved, schedule.save());
        a.cancel();
        b.at(2);
        schedule.restore(saved);
        assertEquals(saved, schedule.save());
        assertEquals(5, schedule.next());
        assertEquals(Deadline.NEVER, b.time());
        assertThrows(IllegalStateException.class, () -> new Schedule().restore(saved));
    }
}
